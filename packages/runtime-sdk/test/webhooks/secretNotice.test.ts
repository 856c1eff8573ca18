/** A secret that cannot be used is told when a receiver is made, and only then refused. */
import { afterEach, assert, it, vi } from "vitest"
import { type WebhookSecrets } from "../../src/webhooks.ts"
import { webhookReceiver } from "../../src/webhooks/handlers.ts"

const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined)
afterEach(() => {
  warnings.mockClear()
  vi.unstubAllEnvs()
})
const make = (secret: WebhookSecrets) => webhookReceiver({ secret, handlers: {} })
const printed = () => warnings.mock.calls.map(([message]) => String(message))

it("is silent while Next.js builds", () => {
  vi.stubEnv("NEXT_PHASE", "phase-production-build")
  make(undefined)
  assert.deepStrictEqual(printed(), [])
})

it.each([
  [undefined, /it is missing\. Set AYWA_RUNTIME_WEBHOOK_SECRET/],
  ["short", /16 or more printable/],
  ['"a-secret-in-quotes-of-a-file"', /has quotes around it/],
  [[], /the list of secrets is empty/]
])("%o is told once", async (secret, words) => {
  const receive = make(secret)
  make(secret)
  assert.lengthOf(printed(), 1)
  assert.match(printed()[0] ?? "", words)
  assert.strictEqual((await receive({ method: "POST", headers: {}, body: "{}" })).status, 500)
})

it("nothing is told of one that is good, or read late", () => {
  make("a-secret-of-sixteen-or-more")
  make([undefined, "a-secret-of-sixteen-or-more"])
  make(() => undefined)
  webhookReceiver({
    get secret() {
      return assert.fail("read too early")
    },
    handlers: {}
  })
  assert.deepStrictEqual(printed(), [])
})
