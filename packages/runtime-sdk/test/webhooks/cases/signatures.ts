/** Rows 21 to 44: signatures, times, ids, secrets. */
import { createHmac } from "node:crypto"
import { assert } from "vitest"
import { standardKeys } from "../../../src/webhooks/secrets.ts"
import { signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "../../../src/webhooks.ts"
import { calls } from "../support/calls.ts"
import {
  assertReason,
  at,
  body,
  errorOf,
  good,
  headers,
  key,
  mac,
  macWith,
  message,
  otherSecret,
  reasonOf,
  secret,
  signature,
  time,
  verify,
  withHeaders,
  type Case
} from "../support/delivery.ts"

const bad = `v1,${macWith("sha256", "another key")}`
const sign = (value: string) => withHeaders({ "webhook-signature": value })
const times = (value: unknown) => withHeaders({ "webhook-timestamp": value })
const whpk = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
const detailOf = (more: object): string => errorOf(() => verify(more)).message

export const signatures: ReadonlyArray<Case> = [
  {
    row: 21,
    name: "one body byte changed",
    run: () => assertReason({ body: body.replace("ended", "endeD") }, "SignatureMismatch")
  },
  {
    row: 22,
    name: "the id changed",
    run: () => assertReason(withHeaders({ "webhook-id": "evt_2" }), "SignatureMismatch")
  },
  { row: 23, name: "the timestamp changed", run: () => assertReason(times(String(time + 1)), "SignatureMismatch") },
  ...["v1,", "v1", mac, `${signature},x`, signature.slice(0, -4), ",", " ", "v1,,", "=".repeat(47)].map(
    (value): Case => ({
      row: 24,
      name: `the signature is ${JSON.stringify(value)}`,
      run: () => assert.include(["NoSupportedSignature"], reasonOf({ ...good, ...sign(value) }))
    })
  ),
  ...["v0", "v2", "V1", "v1a"].map((version): Case => ({
    row: 25,
    name: `a good MAC under ${version}`,
    run: () => {
      const { reason } = errorOf(() => verify(sign(`${version},${mac}`)))
      assert.deepInclude<object>(reason, { _tag: "NoSupportedSignature", versions: [version] })
    }
  })),
  { row: 26, name: "v2 before a good v1", run: () => assertReason(sign(`v2,x ${signature}`), "ok") },
  {
    row: 26,
    name: "signatures of the old and of the new key",
    run: () => {
      const both = signAywaRuntimeWebhook({ body, secret: [otherSecret, secret], id: "evt_1", timestamp: at })
      for (const one of [secret, otherSecret]) assertReason({ headers: both, secret: one }, "ok")
    }
  },
  {
    row: 26,
    name: "three bad ones and a good one",
    run: () => {
      assertReason(sign(`${bad} ${bad} ${bad} ${signature}`), "ok")
      assertReason(sign(`${bad} ${bad} ${bad} ${bad}`), "SignatureMismatch")
    }
  },
  {
    row: 27,
    name: "hex, base64url, no padding, a last character that is not canonical",
    run: () => {
      const bytes = Buffer.from(mac, "base64")
      assertReason(sign(`v1,${bytes.toString("hex")}`), "NoSupportedSignature")
      assertReason(sign(signature.replace(/=$/, "")), "NoSupportedSignature")
      const last = mac.at(-2) ?? ""
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
      const odd = alphabet[alphabet.indexOf(last) + 1] ?? ""
      const loose = `${mac.slice(0, -2)}${odd}=`
      // The same bytes for a loose decoder, another text for us.
      assert.isTrue(Buffer.from(loose, "base64").equals(bytes))
      assertReason(sign(`v1,${loose}`), "SignatureMismatch")
      // A MAC with + or / in it, as base64url would write it.
      for (let count = 0; ; count++) {
        const id = `evt_${count}`
        const made = signAywaRuntimeWebhook({ body, secret, id, timestamp: at })
        const url = made["webhook-signature"].replaceAll("+", "-").replaceAll("/", "_")
        if (url === made["webhook-signature"]) continue
        assertReason({ headers: { ...made, "webhook-signature": url } }, "SignatureMismatch")
        break
      }
    }
  },
  {
    row: 28,
    name: "44 characters, one of which is not ASCII and has the right low byte",
    run: () => {
      const odd = String.fromCharCode(0x100 + mac.charCodeAt(0))
      assertReason(sign(`v1,${odd}${mac.slice(1)}`), "SignatureMismatch")
      assertReason(sign(`v1,${"é".repeat(44)}`), "SignatureMismatch")
    }
  },
  {
    row: 29,
    name: "other algorithms, the text of the secret as key, and a MAC over the body only",
    run: () => {
      assertReason(sign(`v1,${macWith("sha512", key)}`), "NoSupportedSignature")
      assertReason(sign(`v1,${macWith("sha512", key).slice(0, 44)}`), "SignatureMismatch")
      assertReason(sign(`v1,${macWith("sha1", key)}`), "NoSupportedSignature")
      assertReason(sign(`v1,${macWith("sha256", secret)}`), "SignatureMismatch")
      assertReason(sign(`v1,${macWith("sha256", key, body)}`), "SignatureMismatch")
      // The helper itself makes the good one.
      assertReason(sign(`v1,${macWith("sha256", key)}`), "ok")
    }
  },
  {
    row: 30,
    name: "a MAC made with the bytes of the public key",
    run: () => {
      const bytes = Buffer.from(whpk.slice(5), "base64")
      assertReason({ secret: whpk, ...sign(`v1,${macWith("sha256", bytes)}`) }, "InvalidSecret")
      assertReason({ secret: `whsk_${"A".repeat(86)}==` }, "InvalidSecret")
    }
  },
  {
    row: 31,
    name: "spaces around and between signatures, and a tab; not a line feed",
    run: () => {
      for (const value of [` ${signature}`, `${signature} `, `${bad}  ${signature}`, `${bad}\t${signature}`]) {
        assertReason(sign(value), "ok")
      }
      assertReason(sign(`${bad}\n${signature}`), "InvalidHeader")
      assertReason(sign(`${signature}\0`), "InvalidHeader")
    }
  },
  {
    row: 32,
    name: "10,000 signatures, and one HMAC per secret however many there are",
    run: () => {
      assertReason(sign(`${bad} `.repeat(10_000)), "InvalidHeader")
      const many = Array.from({ length: 80 }, () => bad).join(" ")
      const before = calls.createHmac
      assertReason({ secret: [secret, otherSecret], ...sign(`${many} ${signature}`) }, "ok")
      assert.strictEqual(calls.createHmac - before, 2)
    }
  },
  ...(
    [
      [300, "ok"],
      [-300, "ok"],
      [301, "TimestampTooOld"],
      [-301, "TimestampTooNew"],
      [-31_536_000, "TimestampTooNew"]
    ] as const
  ).map(([offset, reason]): Case => ({
    row: 33,
    name: `${offset} s after the attempt`,
    run: () => assertReason({ now: () => (time + offset) * 1000 }, reason)
  })),
  {
    row: 33,
    name: "the tolerance counts whole seconds of our clock, on both sides",
    run: () => {
      assertReason({ now: () => (time + 301) * 1000 - 1 }, "ok")
      assertReason({ now: () => (time - 300) * 1000 - 1 }, "TimestampTooNew")
    }
  },
  {
    row: 33,
    name: "the skew of an authentic attempt is told, of another one it is not",
    run: () => {
      const now = () => (time + 412) * 1000
      assert.deepInclude<object>(errorOf(() => verify({ now })).reason, { skewSeconds: 412, toleranceSeconds: 300 })
      assertReason({ now, body: `${body} ` }, "SignatureMismatch")
    }
  },
  ...[
    "NaN",
    "Infinity",
    "1e9",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1.5",
    "1abc",
    "01",
    "0x1",
    "１７３５６８９６００",
    "9".repeat(30),
    "1_000"
  ].map((value): Case => ({
    row: 34,
    name: `the timestamp ${value}`,
    run: () => assertReason(times(value), "InvalidHeader")
  })),
  {
    row: 35,
    name: "a timestamp in milliseconds",
    run: () => assert.include(detailOf(times(`${time}000`)), "milliseconds")
  },
  { row: 36, name: "a timestamp of type number", run: () => assertReason(times(time), "InvalidHeader") },
  {
    row: 37,
    name: "tolerances that are no number of seconds, clocks that are no clock",
    run: () => {
      for (const toleranceSeconds of [Number.NaN, -1, Infinity, "300", null, {}]) {
        assertReason({ toleranceSeconds }, "InvalidOptions")
      }
      const fails = () => {
        throw new Error("no clock")
      }
      for (const now of [() => Number.NaN, () => Infinity, () => "1", () => undefined, fails]) {
        assertReason({ now }, "InvalidOptions")
      }
      for (const maxBodyBytes of [-1, 1.5, Number.NaN, Infinity]) assertReason({ maxBodyBytes }, "InvalidOptions")
      for (const options of [undefined, null, "body"]) assert.strictEqual(reasonOf(options), "InvalidOptions")
    }
  },
  {
    row: 37,
    name: '"disabled" takes any age',
    run: () => assertReason({ toleranceSeconds: "disabled", now: () => 9e12 }, "ok")
  },
  {
    row: 37,
    name: "0 means 0",
    run: () => {
      assertReason({ toleranceSeconds: 0 }, "ok")
      assertReason({ toleranceSeconds: 0, now: () => (time + 1) * 1000 }, "TimestampTooOld")
    }
  },
  ...["evt.1", "evt,1", "evt\n1", "evt\0", "evt 1", "é", "e".repeat(256)].map((id): Case => ({
    row: 38,
    name: `the id ${JSON.stringify(id).slice(0, 20)}`,
    run: () => assertReason(withHeaders({ "webhook-id": id }), "InvalidHeader")
  })),
  {
    row: 38,
    name: "an id of 255 characters",
    run: () => {
      const made = signAywaRuntimeWebhook({ body, secret, id: "e".repeat(255), timestamp: at })
      assertReason({ headers: made }, "ok")
    }
  },
  {
    row: 39,
    name: "a delimiter that moved from the body into the id",
    run: () => {
      // Both requests have the same signed content: `a.1.2.{…}`.
      const content = `a.1.2.${body}`
      const moved = { "webhook-signature": `v1,${macWith("sha256", key, content)}`, "webhook-timestamp": "2" }
      assertReason({ headers: { ...moved, "webhook-id": "a.1" }, toleranceSeconds: "disabled" }, "InvalidHeader")
    }
  },
  {
    row: 40,
    name: "secrets that are missing or of another type",
    run: () => {
      for (const wrong of ["", undefined, null, 7, [], [undefined], {}, true, () => undefined, () => ""]) {
        assertReason({ secret: wrong }, "InvalidSecret")
      }
      const fails = () => {
        throw new Error("vault is down")
      }
      assertReason({ secret: fails }, "InvalidSecret")
      // One bad secret of a list is not passed over.
      assertReason({ secret: [secret, ""] }, "InvalidSecret")
    }
  },
  {
    row: 41,
    name: "whsec_ alone, and a signature made with the empty key",
    run: () => assertReason({ secret: "whsec_", ...sign(`v1,${macWith("sha256", "")}`) }, "InvalidSecret")
  },
  ...[
    "whsec_%%%%",
    `whsec_${Buffer.alloc(33, 0xff).toString("base64url")}`,
    `whsec_${key.toString("base64").replace(/=+$/, "")}`,
    `whsec_${secret}`,
    secret.replace("whsec_", "WHSEC_"),
    `${secret}\n`,
    ` ${secret}`,
    `whsec_${Buffer.alloc(4).toString("base64")}`,
    `whsec_${Buffer.alloc(23).toString("base64")}`,
    `whsec_${Buffer.alloc(65).toString("base64")}`,
    "short",
    "fifteen-letters",
    "sixteen chars ünd",
    "with a space in it!"
  ].map((wrong): Case => ({
    row: 42,
    name: `the secret ${JSON.stringify(wrong).slice(0, 24)}`,
    run: () => assertReason({ secret: wrong }, "InvalidSecret")
  })),
  {
    row: 42,
    name: "white space around a secret is named as such",
    run: () => {
      for (const wrong of [`${secret}\n`, ` ${secret}`, "a text of sixteen characters"]) {
        assert.include(detailOf({ secret: wrong }), "white space")
      }
    }
  },
  { row: 42, name: "raw key bytes under 16", run: () => assertReason({ secret: new Uint8Array(15) }, "InvalidSecret") },
  {
    row: 43,
    name: "hex or base64 without the prefix is text; a sender that decodes it is recognised, and not accepted",
    run: () => {
      for (const text of [key.toString("hex"), key.toString("base64")]) {
        const made = signAywaRuntimeWebhook({ body, secret: text, timestamp: at })
        assertReason({ secret: text, headers: made }, "ok")
        assert.strictEqual(standardKeys.of(text).export().toString("latin1"), text)
      }
      const bare = key.toString("base64")
      const error = errorOf(() => verify({ secret: bare }))
      assert.strictEqual(error.reason._tag, "SignatureMismatch")
      assert.include(error.message, "whsec_")
      assert.notInclude(errorOf(() => verify({ secret: "another-text-of-16" })).message, "whsec_")
    }
  },
  { row: 44, name: "another secret", run: () => assertReason({ secret: otherSecret }, "SignatureMismatch") },
  {
    row: 44,
    name: "a rotation in any order, and a text beside raw bytes",
    run: () => {
      for (const list of [
        [secret, otherSecret],
        [otherSecret, secret],
        [undefined, secret],
        [new Uint8Array(32).fill(1), key]
      ]) {
        assertReason({ secret: list }, "ok")
      }
      assert.strictEqual(verifyAywaRuntimeWebhook(good).message.type, message.type)
      assert.strictEqual(createHmac("sha256", key).update(`evt_1.${time}.${body}`).digest("base64"), mac)
      assert.strictEqual(headers["webhook-signature"], `v1,${mac}`)
    }
  }
]
