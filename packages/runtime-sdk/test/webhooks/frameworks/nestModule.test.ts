/** The module of Nest: what it finds, and what it refuses when the application starts. */
import "reflect-metadata"
import { assert, describe, it } from "vitest"
import { ConfigError } from "../../../src/index.ts"
import { generateWebhookSecret } from "../../../src/webhooks.ts"
import { AywaWebhooksModule, OnAywaEvent } from "../../../src/webhooks/nestjs.ts"
import { application, providerOf } from "./nest.ts"

const secret = generateWebhookSecret()
const refusal = async (start: () => Promise<{ close: () => Promise<void> }>): Promise<Error> => {
  let app: { close: () => Promise<void> }
  try {
    app = await start()
  } catch (error) {
    assert.instanceOf(error, Error)
    return error
  }
  await app.close()
  return assert.fail("the application started")
}

describe("an application does not start", () => {
  const one = AywaWebhooksModule.forRoot({ secret })
  it("without a handler for a question that is expected", async () => {
    const module = AywaWebhooksModule.forRoot({ secret, expects: ["tool-calls", "assistant-request"] })
    const providers = [providerOf({ "assistant-request": () => ({ assistantId: "a" }) })]
    const error = await refusal(() => application("express", [module], providers))
    assert.instanceOf(error, ConfigError)
    assert.match(error.message, /there is no handler for tool-calls\. Mark one with OnAywaEvent/)
  })
  it("with two handlers of one event", async () => {
    const providers = [providerOf({ hang: () => {} }), providerOf({ hang: () => {} })]
    assert.match((await refusal(() => application("express", [one], providers))).message, /hang has two handlers/)
  })
  it("with an event that does not exist", async () => {
    const error = await refusal(() => application("express", [one], [providerOf({ hangs: () => {} })]))
    assert.match(error.message, /hangs is for no event/)
  })
  it("with a handler that is made for each request", async () => {
    const Handlers = providerOf({ hang: () => {} })
    const provider = { provide: Handlers, useClass: Handlers, scope: 2 }
    const error = await refusal(() => application("express", [one], [provider]))
    assert.match(error.message, /request-scoped/)
  })
  it("with an option that does not exist", async () => {
    const module = AywaWebhooksModule.forRoot({ secret, maxBodyByte: 1 } as object)
    assert.match((await refusal(() => application("express", [module], []))).message, /Did you mean maxBodyBytes/)
  })
})

it("options are made of other providers", async () => {
  const made: Array<string> = []
  const Secrets = class {
    readonly webhook = secret
  }
  const SecretsModule = class {
    readonly isHere = true
  }
  const module = AywaWebhooksModule.forRootAsync({
    imports: [{ module: SecretsModule, providers: [Secrets], exports: [Secrets] }],
    inject: [Secrets],
    useFactory: async (secrets: InstanceType<typeof Secrets>) => {
      made.push(secrets.webhook)
      return { secret: secrets.webhook }
    }
  })
  const app = await application("express", [module], [])
  await app.close()
  assert.deepStrictEqual(made, [secret])
})

it("a reply is checked by the compiler", () => {
  const method = <M>(value: M): TypedPropertyDescriptor<M> => ({ value })
  const target = {}
  OnAywaEvent("assistant-request")(
    target,
    "a",
    method(() => ({ assistantId: "a" }))
  )
  OnAywaEvent("tool-calls", { timeoutSeconds: 5 })(
    target,
    "b",
    method(async () => ({ error: "no" }))
  )
  OnAywaEvent("hang")(
    target,
    "c",
    method(() => {})
  )
  const empty = method(() => ({}))
  // @ts-expect-error an empty reply decides nothing
  OnAywaEvent("assistant-request")(target, "d", empty)
  const noted = method(() => "noted")
  // @ts-expect-error nobody reads this
  OnAywaEvent("hang")(target, "e", noted)
  // @ts-expect-error there are no options of an event that only tells
  OnAywaEvent("hang", { timeoutSeconds: 5 })
  assert.deepStrictEqual(target, {})
})
