/** Rows 61 to 66: other schemes, timing, secrecy, sharing. */
import { createHmac } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { assert } from "vitest"
import * as AywaWebhooks from "../../../src/webhooks/effect/AywaWebhooks.ts"
import { anyEqual } from "../../../src/webhooks/compare.ts"
import { standardKeys } from "../../../src/webhooks/secrets.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "../../../src/webhooks.ts"
import { WebhookScheme } from "../support/schemes.ts"
import { calls } from "../support/calls.ts"
import {
  at,
  body,
  errorOf,
  good,
  headers,
  mac,
  otherSecret,
  reasonOf,
  secret,
  signature,
  signed,
  time,
  type Case
} from "../support/delivery.ts"

const token = "legacy-shared-secret"
const now = () => time * 1000
const both = WebhookScheme.firstPresent([
  WebhookScheme.standard({ secret }),
  WebhookScheme.sharedSecret({ secrets: token })
])
const check = (scheme: unknown, given: object, text: unknown = body, more: object = {}) =>
  reasonOf({ body: text, headers: given, scheme, now, ...more })

const hmacHex = (content: string, algorithm = "sha256") => createHmac(algorithm, token).update(content).digest("hex")

export const legacy: ReadonlyArray<Case> = [
  {
    row: 61,
    name: "a wrong v1 beside the right shared secret is refused; each alone is fine",
    run: () => {
      const shared = { "x-vapi-secret": token }
      const wrong = { ...headers, "webhook-signature": `v1,${"A".repeat(43)}=` }
      assert.strictEqual(check(both, { ...wrong, ...shared }), "SignatureMismatch")
      assert.strictEqual(check(both, { "webhook-signature": "", ...shared }), "MissingHeader")
      assert.strictEqual(check(both, { ...headers, ...shared }), "ok")
      assert.strictEqual(check(both, headers), "ok")
      assert.strictEqual(check(both, shared), "ok")
      assert.strictEqual(check(both, {}), "MissingHeader")
      const nested = WebhookScheme.firstPresent([WebhookScheme.stripe({ secrets: token }), both])
      assert.strictEqual(check(nested, shared), "ok")
      assert.strictEqual(check(nested, { ...shared, "stripe-signature": "t=1,v1=x" }), "NoSupportedSignature")
      // Nothing is inferred: without the scheme a token is worth nothing.
      assert.strictEqual(reasonOf({ ...good, headers: shared }), "MissingHeader")
      assert.strictEqual(check(both, headers, body, { secret }), "InvalidOptions")
      assert.strictEqual(check({}, headers), "InvalidOptions")
      assert.strictEqual(errorOf(() => WebhookScheme.firstPresent([])).reason._tag, "InvalidOptions")
    }
  },
  {
    row: 62,
    name: "a shared secret: prefixes, lengths, casing, empty tokens and several values never match",
    run: () => {
      const bearer = WebhookScheme.sharedSecret({
        header: "Authorization",
        prefix: "Bearer ",
        secrets: [token, "next-shared-secret"]
      })
      const given = (authorization: unknown) => check(bearer, { authorization })
      const event = verifyAywaRuntimeWebhook({
        body,
        headers: { authorization: `Bearer ${token}` },
        scheme: bearer,
        now
      })
      assert.deepInclude<object>(event, { scheme: "shared-secret", id: undefined, attemptAt: undefined })
      assert.strictEqual(given("Bearer next-shared-secret"), "ok")
      const before = calls.timingSafeEqual
      for (const wrong of [
        "",
        "Bearer ",
        `bearer ${token}`,
        token,
        `Bearer ${token.slice(0, 5)}`,
        `Bearer ${token}x`,
        [`Bearer ${token}`, `Bearer ${token}`]
      ]) {
        assert.strictEqual(given(wrong), "SignatureMismatch", inspect(wrong))
      }
      // Hashes of equal length are compared each time, with both secrets, whatever was given.
      assert.strictEqual(calls.timingSafeEqual - before, 14)
      assert.strictEqual(given(undefined), "MissingHeader")
      for (const secrets of ["", [], undefined, [""], [token, ""], ` ${token}`, "undefined", "t"]) {
        assert.strictEqual(check(WebhookScheme.sharedSecret({ secrets }), { "x-vapi-secret": "" }), "InvalidSecret")
      }
    }
  },
  {
    row: 63,
    name: "an HMAC template fills in values as they are",
    run: () => {
      const tricky = JSON.stringify({ message: { type: "hang", x: "{timestamp} {body} $& $1 $$ {svix-id}" } })
      const plan = { secretKey: token, algorithm: "sha256" as const }
      const stamp = `${time}000`
      const made = { "x-timestamp": stamp, "x-signature": hmacHex(`${stamp}.${tricky}`) }
      const scheme = WebhookScheme.hmac(plan)
      const event = verifyAywaRuntimeWebhook({ body: tricky, headers: made, scheme, now })
      assert.deepInclude<object>(event, { scheme: "hmac", id: undefined, attemptAt: at })
      assert.strictEqual(check(scheme, made, Buffer.from(tricky)), "ok")
      assert.strictEqual(check(scheme, made, `${tricky} `), "SignatureMismatch")
      assert.strictEqual(check(scheme, { ...made, "x-timestamp": [stamp, stamp] }, tricky), "DuplicateHeader")
      // By unit: seconds are not taken for milliseconds, nor the other way round.
      const seconds = { "x-timestamp": String(time), "x-signature": hmacHex(`${time}.${tricky}`) }
      assert.strictEqual(check(WebhookScheme.hmac({ ...plan, timestampUnit: "seconds" }), seconds, tricky), "ok")
      assert.strictEqual(
        check(WebhookScheme.hmac({ ...plan, timestampUnit: "seconds" }), made, tricky),
        "InvalidHeader"
      )
      assert.strictEqual(check(scheme, seconds, tricky), "InvalidHeader")
      assert.strictEqual(check(scheme, made, tricky, { now: () => (time + 301) * 1000 }), "TimestampTooOld")
      assert.strictEqual(check(scheme, made, tricky, { now: () => (time - 301) * 1000 }), "TimestampTooNew")
    }
  },
  {
    row: 63,
    name: "weak or unclear plans are refused when they are made",
    run: () => {
      const plan = { secretKey: token, algorithm: "sha256" as const }
      for (const wrong of [
        { algorithm: "sha1" },
        { algorithm: "md5" },
        { algorithm: "toString" },
        { payloadFormat: "{timestamp}.{payload}" },
        { payloadFormat: "{timestamp}" },
        { payloadFormat: "{svix-id}.{body}" },
        { payloadFormat: "{timestamp}.{body}", includeTimestamp: false },
        { signatureEncoding: "base64url" },
        { timestampUnit: "minutes" },
        { toleranceSeconds: Number.NaN }
      ]) {
        const error = errorOf(() => WebhookScheme.hmac({ ...plan, ...(wrong as object) }))
        assert.strictEqual(error.reason._tag, "InvalidOptions", inspect(wrong))
      }
      const weak = WebhookScheme.hmac({ ...plan, algorithm: "sha1", allowWeakAlgorithm: true, includeTimestamp: false })
      assert.strictEqual(check(weak, { "x-signature": hmacHex(body, "sha1") }), "ok")
      const request = { method: "POST", url: "/hooks?x=1" }
      const full = WebhookScheme.hmac({ ...plan, payloadFormat: "{method} {url} {body}", includeTimestamp: false })
      const made = { "x-signature": hmacHex(`POST /hooks?x=1 ${body}`) }
      assert.strictEqual(check(full, made, body, { request }), "ok")
      assert.strictEqual(check(full, made, body, { request: { ...request, url: "/hooks?x=2" } }), "SignatureMismatch")
      assert.strictEqual(check(full, made), "InvalidOptions")
      const encoded = WebhookScheme.hmac({ ...plan, secretIsBase64: true })
      assert.strictEqual(check(encoded, { "x-signature": mac, "x-timestamp": "1" }), "InvalidSecret")
      // A prefix is part of the signature, and so is its length.
      const prefixed = WebhookScheme.hmac({ ...plan, signaturePrefix: "sha256=", includeTimestamp: false })
      for (const [signature, reason] of [
        [`sha256=${hmacHex(body)}`, "ok"],
        [`sha512=${hmacHex(body)}`, "NoSupportedSignature"],
        [`sha256=${hmacHex(body)}0`, "NoSupportedSignature"],
        [hmacHex(body), "NoSupportedSignature"]
      ] as const) {
        assert.strictEqual(check(prefixed, { "x-signature": signature }), reason, signature)
      }
      // Both requests have the same signed content: an id must not take in the delimiter.
      const identified = WebhookScheme.hmac({
        ...plan,
        messageIdHeader: "x-id",
        timestampUnit: "seconds",
        payloadFormat: "{svix-id}.{timestamp}.{body}",
        toleranceSeconds: "disabled"
      })
      const shifted = { "x-signature": hmacHex(`a.1.2.${body}`), "x-timestamp": "2" }
      assert.strictEqual(check(identified, { ...shifted, "x-id": "a.1" }), "InvalidHeader")
      // An id or a time that the template does not sign is anybody's: it is neither read nor told.
      const idle = WebhookScheme.hmac({ ...plan, messageIdHeader: "x-id", payloadFormat: "{body}" })
      const loose = { "x-signature": hmacHex(body), "x-id": "evt.1", "x-timestamp": "soon" }
      const event = verifyAywaRuntimeWebhook({ body, headers: loose, scheme: idle, now })
      assert.deepInclude<object>(event, { id: undefined, attemptAt: undefined })
    }
  },
  {
    row: 64,
    name: "every comparison is timingSafeEqual over equal lengths, and no loop ends early",
    run: () => {
      const folder = new URL("../../../src/webhooks/", import.meta.url)
      const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
      assert.isAbove(files.length, 20)
      for (const name of files) {
        const source = readFileSync(new URL(name, folder), "utf8")
        if (name !== "compare.ts") assert.notInclude(source, "timingSafeEqual", name)
        // MACs are made by digest() only: none of its results is compared by an operator.
        assert.notMatch(source, /digest\([^)]*\)\s*[!=]==?|[!=]==?\s*[^\n]*digest\(/, name)
      }
      const compare = readFileSync(new URL("compare.ts", folder), "utf8")
      assert.notMatch(compare.replace(/\/\*[^]*?\*\//g, ""), /\bbreak\b|return(?! matches)|\.some\(|\.includes\(/)
      const before = calls.timingSafeEqual
      assert.isTrue(anyEqual([mac, mac, "x"], [mac, `${mac.slice(1)}A`, "short"]))
      // Two candidates and two expected texts have the one length, "x" and "short" have none of their own.
      assert.strictEqual(calls.timingSafeEqual - before, 4)
    }
  },
  {
    row: 65,
    name: "no secret, MAC or body in an error or a service, however it is printed",
    run: async () => {
      const failing = [
        () => verifyAywaRuntimeWebhook({ ...good, secret: otherSecret }),
        () => verifyAywaRuntimeWebhook({ ...good, secret: secret.slice(6) }),
        () => verifyAywaRuntimeWebhook({ ...good, secret: `${secret} ` }),
        () => verifyAywaRuntimeWebhook({ ...good, body: `${body} canary` }),
        () => verifyAywaRuntimeWebhook({ ...good, now: () => 0 }),
        () => verifyAywaRuntimeWebhook(signed("canary")),
        () => verifyAywaRuntimeWebhook({ body, headers: { "x-vapi-secret": "wrong" }, scheme: both }),
        () =>
          verifyAywaRuntimeWebhook({ body, headers: { "x-vapi-secret": "wrong" }, scheme: both, now: () => Number.NaN })
      ]
      const texts = failing.flatMap((run) => {
        const error = errorOf(run)
        return [
          inspect(error, { depth: 10, showHidden: true }),
          JSON.stringify(error),
          String(error),
          error.stack ?? ""
        ]
      })
      const service = await Effect.runPromise(AywaWebhooks.make({ secret: [Redacted.make(secret), otherSecret] }))
      texts.push(inspect(service, { depth: 10, showHidden: true }), JSON.stringify(service))
      assert.strictEqual(
        Effect.runSync(service.verify({ body, headers: signAywaRuntimeWebhook({ body, secret }) })).message.type,
        "status-update"
      )
      for (const hidden of [
        secret,
        secret.slice(6),
        otherSecret,
        otherSecret.slice(6),
        mac,
        signature,
        token,
        "canary",
        '"ended"'
      ]) {
        for (const text of texts) assert.notInclude(text, hidden)
      }
    }
  },
  {
    row: 66,
    name: "one cached key per secret, at most 64 of them, and always the right one",
    run: async () => {
      assert.strictEqual(standardKeys.of(secret), standardKeys.of(secret))
      const many = Array.from({ length: 200 }, generateWebhookSecret)
      const results = await Promise.all(
        [...many, ...many].map(async (one) =>
          reasonOf({ ...good, secret: one, headers: signAywaRuntimeWebhook({ body, secret: one, timestamp: at }) })
        )
      )
      assert.deepStrictEqual([...new Set(results)], ["ok"])
      assert.isAtMost(standardKeys.keys.size, 64)
      assert.strictEqual(reasonOf({ ...good, secret: many[0] }), "SignatureMismatch")
      // The bytes of a text are another key than the text.
      assert.notStrictEqual(standardKeys.of(Buffer.from(secret)), standardKeys.of(secret))
      // A raw key is looked up by its bytes: the caller may use its buffer again.
      const raw = Buffer.alloc(32, 1)
      const made = signAywaRuntimeWebhook({ body, secret: raw, timestamp: at })
      raw.fill(2)
      assert.strictEqual(reasonOf({ ...good, secret: raw, headers: made }), "SignatureMismatch")
      assert.strictEqual(reasonOf({ ...good, secret: Buffer.alloc(32, 1), headers: made }), "ok")
    }
  }
]
