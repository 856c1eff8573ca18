/** Events as AWS documents them, with a body and headers of the runtime in them. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../../src/webhooks.ts"
import type { WebhookHandlerMap } from "../../../src/webhooks/handlers.ts"
import { type LambdaEvent, lambdaHandler } from "../../../src/webhooks/lambda.ts"

const secret = generateWebhookSecret()

const read = (name: string): LambdaEvent =>
  // As a service of AWS sends it.
  JSON.parse(readFileSync(new URL(`../../fixtures/lambda/${name}.json`, import.meta.url), "utf8")) as LambdaEvent

interface Put {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** As services send what they do not know to be text. */
  readonly isBase64Encoded: boolean
  readonly lower?: boolean
}

/** Puts a request into a recorded event, where that kind has its headers. */
const withRequest = (event: LambdaEvent, { body, headers, isBase64Encoded, lower = true }: Put): LambdaEvent => {
  const own = Object.entries({ ...headers }).map(
    ([name, value]) =>
      [lower ? name.toLowerCase() : name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase()), value] as const
  )
  return {
    ...event,
    ...(event.headers ? { headers: { ...event.headers, ...Object.fromEntries(own) } } : {}),
    ...(event.multiValueHeaders
      ? {
          multiValueHeaders: {
            ...event.multiValueHeaders,
            ...Object.fromEntries(own.map(([name, value]) => [name, [value]]))
          }
        }
      : {}),
    body: body.toString(isBase64Encoded ? "base64" : "utf8"),
    isBase64Encoded
  }
}

const reports: Array<string> = []
const handlers: WebhookHandlerMap = {
  "assistant-request": () => ({ assistantId: "größer" }),
  "end-of-call-report": ({ endedReason }) => void reports.push(endedReason),
  "voice-request": async function* () {
    yield Buffer.from([0, 255, 128])
  }
}
const told: Array<string> = []
const handle = lambdaHandler({ secret, handlers, onError: ({ reason }) => void told.push(reason._tag) })

const signed = (message: object) => {
  const body = Buffer.from(JSON.stringify({ message }))
  return { body, headers: { ...signAywaRuntimeWebhook({ body, secret }) } }
}

const kinds = ["api-gateway-1", "api-gateway-2", "load-balancer", "load-balancer-lists", "function-url"]

describe.each(kinds)("an event of %s", (kind) => {
  const recorded = read(kind)
  const isLists = kind === "load-balancer-lists"

  it.each([
    ["text", false],
    ["base64", true]
  ] as const)("its body as %s: verified, answered", async (_, isBase64Encoded) => {
    for (const lower of [true, false]) {
      const request = signed({ type: "assistant-request", call: { id: "größe 👋" } })
      const result = await handle(withRequest(recorded, { ...request, isBase64Encoded, lower }))
      assert.deepStrictEqual(
        [result.statusCode, result.body, result.isBase64Encoded],
        [200, '{"assistantId":"größer"}', false]
      )
      const type = isLists ? result.multiValueHeaders?.["content-type"] : [result.headers["content-type"]]
      assert.deepStrictEqual(type, ["application/json"])
      assert.strictEqual(result.multiValueHeaders !== undefined, isLists)
    }
  })

  it("audio goes back as base64", async () => {
    const request = signed({ type: "voice-request", text: "hi", sampleRate: 8000 })
    const result = await handle(withRequest(recorded, { ...request, isBase64Encoded: true }))
    assert.deepStrictEqual([result.statusCode, result.isBase64Encoded], [200, true])
    assert.deepStrictEqual([...Buffer.from(result.body, "base64")], [0, 255, 128])
  })

  it("one that was altered on its way, or is the sample itself, is refused", async () => {
    const request = signed({ type: "end-of-call-report", endedReason: "x", artifact: {}, analysis: {} })
    told.length = 0
    const altered = { ...request, body: Buffer.from(request.body.toString().replace('"x"', '"y"')) }
    assert.strictEqual((await handle(withRequest(recorded, { ...altered, isBase64Encoded: true }))).statusCode, 401)
    assert.strictEqual((await handle(recorded)).statusCode, 400)
    // Said to be text, and is base64: the bytes are others.
    const wrong = { ...withRequest(recorded, { ...request, isBase64Encoded: true }), isBase64Encoded: false }
    assert.strictEqual((await handle(wrong)).statusCode, 401)
    assert.deepStrictEqual(told, ["SignatureMismatch", "MissingHeader", "SignatureMismatch"])
    assert.notInclude(reports, "y")
    assert.strictEqual((await handle(withRequest(recorded, { ...request, isBase64Encoded: true }))).statusCode, 200)
  })

  it("any other method is refused", async () => {
    const { requestContext } = recorded
    const http = requestContext?.http
    const get: LambdaEvent =
      http === undefined
        ? { ...recorded, httpMethod: "GET" }
        : { ...recorded, requestContext: { ...requestContext, http: { ...http, method: "GET" } } }
    assert.strictEqual((await handle(get)).statusCode, 405)
  })
})

describe("headers that came twice", () => {
  const request = signed({ type: "assistant-request" })
  const twice = (name: keyof typeof request.headers): ReadonlyArray<string> => [
    request.headers[name],
    request.headers[name]
  ]

  it.each(["api-gateway-1", "load-balancer-lists"])("%s has lists of them: an id of two is none", async (kind) => {
    const event = withRequest(read(kind), { ...request, isBase64Encoded: false })
    for (const name of ["webhook-id", "webhook-timestamp"] as const) {
      told.length = 0
      const multiValueHeaders = { ...event.multiValueHeaders, [name]: twice(name) }
      assert.strictEqual((await handle({ ...event, multiValueHeaders })).statusCode, 400, name)
      assert.deepStrictEqual(told, ["DuplicateHeader"], name)
    }
  })

  it.each(["api-gateway-2", "function-url"])("%s joins them: an id of two is none", async (kind) => {
    const event = withRequest(read(kind), { ...request, isBase64Encoded: false })
    const headers = { ...event.headers, "webhook-timestamp": twice("webhook-timestamp").join(",") }
    assert.strictEqual((await handle({ ...event, headers })).statusCode, 400)
  })

  it("the console's own test of API Gateway has no headers at all", async () => {
    const event = { ...read("api-gateway-1"), headers: null, multiValueHeaders: null }
    assert.strictEqual((await handle(event)).statusCode, 400)
  })
})
