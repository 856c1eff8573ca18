/** The libraries that users would pick instead, in both directions: they verify ours, we verify theirs. */
import * as fc from "fast-check"
import { Webhook as StandardWebhook } from "standardwebhooks"
import { Webhook as SvixWebhook } from "svix"
import { assert, describe, it } from "vitest"
import { convertWebhookSecret, signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { reasonOf } from "./support/delivery.ts"

interface Peer {
  sign(id: string, timestamp: Date, payload: string): string
  verify(payload: string, headers: Record<string, string>): unknown
}

const peers: ReadonlyArray<{
  readonly name: string
  readonly prefix: string
  readonly of: (secret: string) => Peer
  readonly raw: (secret: string) => Peer
}> = [
  {
    name: "standardwebhooks",
    prefix: "webhook",
    of: (secret) => new StandardWebhook(secret),
    raw: (secret) => new StandardWebhook(secret, { format: "raw" })
  },
  {
    name: "svix",
    prefix: "svix",
    of: (secret) => new SvixWebhook(secret),
    raw: (secret) => new SvixWebhook(secret, { format: "raw" })
  }
]

const secrets = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString("base64")}`)
// Their raw mode maps characters, ours takes printable ASCII: there both are the same.
const texts = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_+/=!~"), minLength: 24, maxLength: 64 })
const ids = fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 1, maxLength: 60 })
const bodies = fc
  .record({ text: fc.string({ unit: "grapheme" }), number: fc.double({ noNaN: true }), list: fc.array(fc.jsonValue()) })
  .map((more) => JSON.stringify({ message: { type: "peer-test", ...more } }))

/** Our headers under the names of a peer. */
const named = (prefix: string, headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace("webhook", prefix), String(value)]))

for (const { name, prefix, of, raw } of peers) {
  describe(`beside ${name}`, () => {
    it("verifies what we sign, and signs what we verify", () => {
      fc.assert(
        fc.property(secrets, secrets, ids, bodies, (secret, other, id, body) => {
          const peer = of(secret)
          const timestamp = new Date()
          const ours = signAywaRuntimeWebhook({ body, secret: [other, secret], id, timestamp })
          assert.doesNotThrow(() => peer.verify(body, named(prefix, ours)))
          const theirs = { ...ours, "webhook-signature": peer.sign(id, timestamp, body) }
          assert.strictEqual(verifyAywaRuntimeWebhook({ body, headers: theirs, secret }).id, id)
          assert.strictEqual(reasonOf({ body, headers: theirs, secret: other }), "SignatureMismatch")
          assert.strictEqual(reasonOf({ body: `${body} `, headers: theirs, secret }), "SignatureMismatch")
          assert.throws(() => peer.verify(`${body} `, named(prefix, ours)))
        }),
        { numRuns: 300 }
      )
    })
    it("reads a text secret as we do, and its converted form everywhere", () => {
      fc.assert(
        fc.property(texts, ids, bodies, (text, id, body) => {
          // What a file leaves around a secret is refused here, and taken for a part of it there.
          fc.pre(!/^whsec_|^(["'`]).*\1$|^[A-Z_][A-Z0-9_]{5,}=/.test(text))
          const ours = signAywaRuntimeWebhook({ body, secret: text, id })
          const converted = convertWebhookSecret(text)
          for (const peer of [raw(text), of(converted)]) {
            assert.doesNotThrow(() => peer.verify(body, named(prefix, ours)))
            const timestamp = new Date()
            const theirs = {
              "webhook-id": id,
              "webhook-timestamp": String(Math.floor(timestamp.getTime() / 1000)),
              "webhook-signature": peer.sign(id, timestamp, body)
            }
            assert.strictEqual(verifyAywaRuntimeWebhook({ body, headers: theirs, secret: text }).id, id)
            assert.strictEqual(verifyAywaRuntimeWebhook({ body, headers: theirs, secret: converted }).id, id)
          }
        }),
        { numRuns: 200 }
      )
    })
  })
}
