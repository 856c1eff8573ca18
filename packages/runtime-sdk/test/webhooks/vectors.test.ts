/** Reference vectors as data that any implementation can run: each equals what the scheme's own library computes. */
import { createPrivateKey, createPublicKey, sign as signBytes, verify as verifyBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { WebhookScheme } from "../../src/webhooks/legacy.ts"
import { errorOf, reasonOf } from "./support/delivery.ts"

const load = <A>(name: string): ReadonlyArray<A> =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), "utf8"))

interface Vector {
  readonly name: string
  readonly body: string
  /** Whether the body is an event; the others are well signed and malformed. */
  readonly event: boolean
}
interface StandardVector extends Vector {
  readonly secret: ReadonlyArray<string>
  readonly id: string
  readonly timestamp: number
  readonly signature: string
}
interface StripeVector extends Vector {
  readonly secret: string
  readonly timestamp: number
  readonly header: string
}
interface PlanVector extends Vector {
  readonly secret: string
  readonly plan: Omit<WebhookScheme.HmacOptions, "secretKey">
  /** Unix seconds, null when the plan signs no time. */
  readonly timestamp: number | null
  readonly headers: Readonly<Record<string, string>>
}
interface V1aVector extends Vector {
  readonly secret: string
  readonly publicKey: string
  readonly id: string
  readonly timestamp: number
  readonly signature: string
}

const outcome = (vector: Vector) => (vector.event ? "ok" : "MalformedPayload")

describe("standard webhooks", () => {
  for (const vector of load<StandardVector>("standard-webhooks")) {
    const { name, id, timestamp, body, secret } = vector
    it(`${name} is signed and verified, by each secret alone too`, () => {
      const headers = signAywaRuntimeWebhook({ body, secret, id, timestamp: new Date(timestamp * 1000) })
      assert.strictEqual(headers["webhook-signature"], vector.signature)
      for (const one of [secret, ...secret]) {
        for (const form of [body, Buffer.from(body)]) {
          const reason = reasonOf({ body: form, headers, secret: one, now: () => timestamp * 1000 })
          assert.strictEqual(reason, outcome(vector))
        }
      }
    })
  }
})

describe("stripe style", () => {
  for (const vector of load<StripeVector>("stripe")) {
    const { name, secret, timestamp, body, header } = vector
    it(`${name} is verified, within its time only`, () => {
      const scheme = WebhookScheme.stripe({ secrets: secret })
      const at = (seconds: number, value = header) =>
        reasonOf({ body, headers: { "stripe-signature": value }, scheme, now: () => (timestamp + seconds) * 1000 })
      assert.strictEqual(at(0), outcome(vector))
      assert.strictEqual(at(300), outcome(vector))
      assert.strictEqual(at(-300), outcome(vector))
      assert.strictEqual(at(301), "TimestampTooOld")
      assert.strictEqual(at(-301), "TimestampTooNew")
      assert.strictEqual(at(0, header.replace("v1=", "v0=")), "NoSupportedSignature")
      assert.strictEqual(at(0, `${header},t=${timestamp}`), "InvalidHeader")
      assert.strictEqual(at(0, header.replace("t=", "t=0")), "InvalidHeader")
      assert.strictEqual(at(0, `t=${timestamp},v1=${"é".repeat(64)}`), "NoSupportedSignature")
      assert.strictEqual(at(0, `t=${timestamp},v1`), "NoSupportedSignature")
      assert.strictEqual(at(0, `t=${timestamp},v1=${"0".repeat(64)}`), "SignatureMismatch")
      // Several v1, as during a rotation, in any order; spaces as a proxy adds them.
      assert.strictEqual(at(0, header.replace("v1=", `v1=${"0".repeat(64)}, v1=`)), outcome(vector))
      assert.strictEqual(at(0, `${header},v1=${"0".repeat(64)}`), outcome(vector))
    })
    it(`${name}: a tolerance of 0 means 0, and NaN is refused`, () => {
      const zero = WebhookScheme.stripe({ secrets: [undefined, secret], toleranceSeconds: 0 })
      const headers = { "stripe-signature": header }
      assert.strictEqual(reasonOf({ body, headers, scheme: zero, now: () => timestamp * 1000 }), outcome(vector))
      assert.strictEqual(
        reasonOf({ body, headers, scheme: zero, now: () => (timestamp + 1) * 1000 }),
        "TimestampTooOld"
      )
      const wrong = () => WebhookScheme.stripe({ secrets: secret, toleranceSeconds: Number.NaN })
      assert.strictEqual(errorOf(wrong).reason._tag, "InvalidOptions")
    })
  }
})

for (const file of ["hmac", "credential-plans"]) {
  describe(`hmac plans (${file})`, () => {
    for (const vector of load<PlanVector>(file)) {
      const { name, secret, plan, body, headers } = vector
      it(`${name} is verified, and nothing else`, () => {
        const scheme = WebhookScheme.hmac({ ...plan, secretKey: secret })
        const now = () => (vector.timestamp ?? 0) * 1000
        const check = (more: object) => reasonOf({ body, headers, scheme, now, ...more })
        assert.strictEqual(check({}), outcome(vector))
        assert.strictEqual(check({ body: Buffer.from(body) }), outcome(vector))
        assert.strictEqual(check({ headers: new Headers(headers) }), outcome(vector))
        assert.strictEqual(check({ body: `${body} ` }), "SignatureMismatch")
        for (const header of Object.keys(headers)) {
          assert.strictEqual(check({ headers: { ...headers, [header]: undefined } }), "MissingHeader")
        }
        const other = WebhookScheme.hmac({
          ...plan,
          secretKey: plan.secretIsBase64 ? "b3RoZXItc2VjcmV0LW9mLWxlZ2FjeQ==" : "other-secret-of-legacy"
        })
        assert.strictEqual(check({ scheme: other }), "SignatureMismatch")
        // Rotation: the receiver knows both.
        const rotated = WebhookScheme.hmac({
          ...plan,
          secretKey: [plan.secretIsBase64 ? "b3RoZXItc2VjcmV0LW9mLWxlZ2FjeQ==" : "other-secret-of-legacy", secret]
        })
        assert.strictEqual(check({ scheme: rotated }), outcome(vector))
        if (vector.timestamp !== null) {
          assert.strictEqual(check({ now: () => now() + 301_000 }), "TimestampTooOld")
          assert.strictEqual(check({ now: () => now() - 301_000 }), "TimestampTooNew")
        }
      })
    }
  })
}

it("the plan that spells Standard Webhooks verifies what the runtime signs", () => {
  const secret = "whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM="
  const scheme = WebhookScheme.hmac({
    secretKey: secret.slice(6),
    secretIsBase64: true,
    algorithm: "sha256",
    signatureEncoding: "base64",
    signaturePrefix: "v1,",
    messageIdHeader: "webhook-id",
    timestampHeader: "webhook-timestamp",
    signatureHeader: "webhook-signature",
    payloadFormat: "{svix-id}.{timestamp}.{body}",
    timestampUnit: "seconds"
  })
  const body = '{"message":{"type":"hang"}}'
  const headers = signAywaRuntimeWebhook({ body, secret, id: "evt_1" })
  const event = verifyAywaRuntimeWebhook({ body, headers, scheme })
  assert.deepInclude<object>(event, { id: "evt_1", scheme: "hmac" })
})

describe("v1a, which is not supported yet", () => {
  for (const vector of load<V1aVector>("v1a")) {
    it(`${vector.name} is what Ed25519 makes, and is refused as such`, () => {
      const { id, timestamp, body, secret, publicKey, signature } = vector
      const content = Buffer.from(`${id}.${timestamp}.${body}`)
      const seed = Buffer.from(secret.slice(5), "base64").subarray(0, 32)
      const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed])
      const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" })
      assert.strictEqual(`v1a,${signBytes(null, content, privateKey).toString("base64")}`, signature)
      const spki = Buffer.concat([
        Buffer.from("302a300506032b6570032100", "hex"),
        Buffer.from(publicKey.slice(5), "base64")
      ])
      const key = createPublicKey({ key: spki, format: "der", type: "spki" })
      assert.isTrue(verifyBytes(null, content, key, Buffer.from(signature.slice(4), "base64")))

      const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signature }
      const now = () => timestamp * 1000
      assert.strictEqual(reasonOf({ body, headers, secret: publicKey, now }), "InvalidSecret")
      const { reason } = errorOf(() =>
        verifyAywaRuntimeWebhook({ body, headers, secret: `whsec_${"B".repeat(32)}`, now })
      )
      assert.deepInclude<object>(reason, { _tag: "NoSupportedSignature", versions: ["v1a"] })
    })
  }
})
