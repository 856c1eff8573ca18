/** Arbitrary and altered requests: one kind of error, and nothing altered is accepted. */
import * as fc from "fast-check"
import { assert, it } from "vitest"
import { signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { WebhookScheme } from "../../src/webhooks/legacy.ts"
import { at, body, good, headers, otherSecret, reasonOf, secret, signature, time } from "./support/delivery.ts"
import { limit, runs } from "../support/runs.ts"

type Name = "webhook-id" | "webhook-timestamp" | "webhook-signature"
const names: ReadonlyArray<Name> = ["webhook-id", "webhook-timestamp", "webhook-signature"]

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "v1,", "v1", ",", " ", "0", "1e9", "NaN", "evt_1, evt_1", "__proto__", `${signature},x`)
)
const anyHeader = fc.oneof(anyText, fc.array(anyText, { maxLength: 3 }), fc.anything())
const anySecret = fc.oneof(fc.string(), fc.uint8Array({ maxLength: 80 }), fc.array(fc.string()), fc.anything())
const anyScheme = fc.constantFrom(
  undefined,
  WebhookScheme.sharedSecret({ secrets: "a-token-of-legacy-senders" }),
  WebhookScheme.stripe({ secrets: "a-key-of-legacy-senders", header: "webhook-signature" }),
  WebhookScheme.hmac({
    secretKey: "a-key-of-legacy-senders",
    algorithm: "sha256",
    signatureHeader: "webhook-signature"
  }),
  WebhookScheme.firstPresent([
    WebhookScheme.standard({ secret: otherSecret }),
    WebhookScheme.sharedSecret({ secrets: "another-token-of-legacy" })
  ])
)

/** One small change to a text. */
const mutation = fc.record({
  how: fc.constantFrom("replace", "insert", "delete", "swap", "case", "truncate", "repeat"),
  at: fc.nat(),
  code: fc.oneof(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 0x100, max: 0xffff }))
})
type Mutation = typeof mutation extends fc.Arbitrary<infer A> ? A : never

const mutate = (text: string, { how, at, code }: Mutation): string => {
  const index = at % text.length
  const [before, here, after] = [text.slice(0, index), text.charAt(index), text.slice(index + 1)]
  switch (how) {
    case "replace":
      return before + String.fromCharCode(code) + after
    case "insert":
      return before + String.fromCharCode(code) + here + after
    case "delete":
      return before + after
    case "swap":
      return before + after.charAt(0) + here + after.slice(1)
    case "case":
      return before + (here === here.toLowerCase() ? here.toUpperCase() : here.toLowerCase()) + after
    case "truncate":
      return before
    default:
      return text + text
  }
}

/** What a signature header says, without the separators that may stand around signatures. */
const said = (value: string): string => {
  const items = value.split(/(?:,?[ \t])+/).filter((item) => item !== "")
  return items.filter((item) => /^v1,.{44}$/u.test(item)).join(" ")
}

it(
  "mutations of a valid request are refused",
  () => {
    let refused = 0
    fc.assert(
      fc.property(
        fc.constantFrom("body" as const, ...names),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        (part, how) => {
          const original = part === "body" ? body : headers[part]
          let text: string = original
          for (const one of how) if (text !== "") text = mutate(text, one)
          const altered = part === "webhook-signature" ? !said(text).split(" ").includes(signature) : text !== original
          // A header is text of bytes; a body may be bytes that are no text.
          const options = part === "body" ? { ...good, body: text } : { ...good, headers: { ...headers, [part]: text } }
          const reason = reasonOf(options)
          if (!altered) return
          refused++
          assert.notStrictEqual(reason, "ok", JSON.stringify([part, text]))
          // Altered with a fitting signature of another key: still refused.
          if (part === "body" && text.isWellFormed()) {
            const forged = signAywaRuntimeWebhook({ body: text, secret: otherSecret, id: "evt_1", timestamp: at })
            assert.strictEqual(reasonOf({ ...good, body: text, headers: forged }), "SignatureMismatch")
          }
        }
      ),
      { numRuns: runs(12_000) }
    )
    assert.isAbove(refused, runs(11_000))
  },
  limit(120_000)
)

it(
  "flipped bytes of the body are refused",
  () => {
    const bytes = Buffer.from(body)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const altered = Buffer.from(bytes)
        altered[at] = (altered[at] ?? 0) ^ flip
        assert.strictEqual(reasonOf({ ...good, body: altered }), "SignatureMismatch")
      }),
      { numRuns: runs(4000) }
    )
  },
  limit(60_000)
)

it(
  "arbitrary requests: only the one error",
  () => {
    let refused = 0
    fc.assert(
      fc.property(
        fc.record(
          { "webhook-id": anyHeader, "webhook-timestamp": anyHeader, "webhook-signature": anyHeader },
          { requiredKeys: [] }
        ),
        fc.oneof(fc.string(), fc.uint8Array(), fc.anything()),
        anySecret,
        anyScheme,
        fc.nat(4),
        fc.oneof(fc.constant(undefined), fc.anything()),
        (odd, oddBody, oddSecret, scheme, what, anything) => {
          const options = [
            { ...good, headers: { ...headers, ...odd } },
            { ...good, headers: odd, body: oddBody },
            { ...good, body: oddBody, secret: oddSecret },
            { ...good, secret: undefined, scheme, headers: { ...headers, ...odd }, body: oddBody },
            { body: oddBody, headers: anything, secret: oddSecret, toleranceSeconds: anything, now: () => time * 1000 }
          ][what]
          const reason = reasonOf(options)
          if (what === 0 && names.every((name) => !(name in odd) || odd[name] === headers[name])) {
            return assert.strictEqual(reason, "ok")
          }
          refused++
          assert.notStrictEqual(reason, "ok")
        }
      ),
      { numRuns: runs(4000) }
    )
    assert.isAbove(refused, runs(3500))
  },
  limit(60_000)
)

it("the request that is mutated is itself accepted", () => {
  assert.strictEqual(reasonOf(good), "ok")
  assert.strictEqual(reasonOf({ ...good, secret: [otherSecret, secret] }), "ok")
})
