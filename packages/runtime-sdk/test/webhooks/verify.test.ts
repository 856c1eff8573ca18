import { readdirSync, readFileSync } from "node:fs"
import { inspect } from "node:util"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import {
  generateWebhookSecret,
  signAywaRuntimeWebhook,
  verifyAywaRuntimeWebhook,
  WebhookVerificationError,
  type VerifyWebhookOptions
} from "../../src/webhooks.ts"

interface Vector {
  readonly name: string
  readonly secret: ReadonlyArray<string>
  readonly id: string
  readonly timestamp: number
  readonly body: string
  readonly signature: string
  readonly event: boolean
}
const vectors: ReadonlyArray<Vector> = JSON.parse(
  readFileSync(new URL("./vectors/standard-webhooks.json", import.meta.url), "utf8")
)

const secret = generateWebhookSecret()
const time = 1_800_000_000
const body = JSON.stringify({
  message: { type: "status-update", status: "ended", timestamp: "2027-01-15T08:00:00Z", call: { id: "c" } }
})
const headers = signAywaRuntimeWebhook({ body, secret, id: "evt_1", timestamp: new Date(time * 1000) })
const good: VerifyWebhookOptions = { body, headers, secret, now: () => time * 1000 }
const reasonOf = (options: unknown): string => {
  try {
    verifyAywaRuntimeWebhook(options as VerifyWebhookOptions)
    return "ok"
  } catch (error) {
    assert.instanceOf(error, WebhookVerificationError)
    return error.reason._tag
  }
}
const signed = (text: string | Uint8Array, more: Partial<VerifyWebhookOptions> = {}): VerifyWebhookOptions => ({
  ...good,
  body: text,
  headers: signAywaRuntimeWebhook({ body: text, secret, timestamp: new Date(time * 1000) }),
  ...more
})

describe("vectors", () => {
  for (const vector of vectors) {
    it(`${vector.name} is signed and verified, by each secret alone too`, () => {
      const made = signAywaRuntimeWebhook({
        body: vector.body,
        secret: vector.secret,
        id: vector.id,
        timestamp: new Date(vector.timestamp * 1000)
      })
      assert.strictEqual(made["webhook-signature"], vector.signature)
      for (const one of [vector.secret, ...vector.secret]) {
        const reason = reasonOf({ body: vector.body, headers: made, secret: one, now: () => vector.timestamp * 1000 })
        assert.strictEqual(reason, vector.event ? "ok" : "MalformedPayload")
      }
    })
  }
})

describe("inputs", () => {
  const bytes = Buffer.from(body)
  const shapes: Record<string, Partial<VerifyWebhookOptions>> = {
    Buffer: { body: bytes },
    ArrayBuffer: { body: new Uint8Array(bytes).buffer },
    DataView: { body: new DataView(new Uint8Array(bytes).buffer) },
    "a slice": { body: Buffer.concat([Buffer.from("xx"), bytes]).subarray(2) },
    Headers: { headers: new Headers(headers) },
    Map: { headers: new Map(Object.entries(headers)) },
    entries: { headers: Object.entries(headers) },
    "Title-Case": {
      headers: {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": headers["webhook-timestamp"],
        "Webhook-Signature": headers["webhook-signature"]
      }
    },
    "header arrays": { headers: { ...headers, "webhook-signature": ["v1,bad", headers["webhook-signature"]] } },
    "a list of secrets": { secret: [generateWebhookSecret(), secret] },
    "a function": { secret: () => secret }
  }
  for (const [name, options] of Object.entries(shapes)) {
    it(`${name} is fine`, () => assert.strictEqual(reasonOf({ ...good, ...options }), "ok"))
  }
})

describe("refusals", () => {
  const sign = headers["webhook-signature"]
  const cases: ReadonlyArray<readonly [name: string, options: object, reason: string]> = [
    ["another body byte", { body: body.replace("ended", "endeD") }, "SignatureMismatch"],
    ["another id", { headers: { ...headers, "webhook-id": "evt_2" } }, "SignatureMismatch"],
    ["another time", { headers: { ...headers, "webhook-timestamp": String(time + 1) } }, "SignatureMismatch"],
    ["another secret", { secret: generateWebhookSecret() }, "SignatureMismatch"],
    ["a re-serialised body", { body: JSON.stringify(JSON.parse(body), null, 1) }, "SignatureMismatch"],
    ["an extra line feed", { body: `${body}\n` }, "SignatureMismatch"],
    ["an empty secret", { secret: "" }, "InvalidSecret"],
    ["no secret", { secret: undefined }, "InvalidSecret"],
    ["whsec_ alone", { secret: "whsec_" }, "InvalidSecret"],
    ["whsec_%%%%", { secret: "whsec_%%%%" }, "InvalidSecret"],
    ["a secret with a line break", { secret: `${secret}\n` }, "InvalidSecret"],
    ["no secrets in a list", { secret: [] }, "InvalidSecret"],
    ["a missing id", { headers: { ...headers, "webhook-id": undefined } }, "MissingHeader"],
    ["inherited headers", { headers: Object.create(headers) }, "MissingHeader"],
    [
      "only svix headers",
      { headers: { "svix-id": "a", "svix-timestamp": "1", "svix-signature": sign } },
      "MissingHeader"
    ],
    ["no headers", { headers: undefined }, "InvalidHeaders"],
    ["two casings of a name", { headers: { ...headers, "Webhook-Id": "evt_1" } }, "DuplicateHeader"],
    ["two ids", { headers: { ...headers, "webhook-id": ["evt_1", "evt_1"] } }, "DuplicateHeader"],
    ["an id with a dot", { headers: { ...headers, "webhook-id": "evt.1" } }, "InvalidHeader"],
    ["a time in milliseconds", { headers: { ...headers, "webhook-timestamp": `${time}000` } }, "InvalidHeader"],
    [
      "v2 with a good MAC",
      { headers: { ...headers, "webhook-signature": sign.replace("v1", "v2") } },
      "NoSupportedSignature"
    ],
    ["a truncated MAC", { headers: { ...headers, "webhook-signature": sign.slice(0, -4) } }, "NoSupportedSignature"],
    [
      "an endless signature header",
      { headers: { ...headers, "webhook-signature": `${sign} `.repeat(200) } },
      "InvalidHeader"
    ],
    ["a parsed body", { body: JSON.parse(body) }, "InvalidBody"],
    ["no body", { body: undefined }, "InvalidBody"],
    ["a lone surrogate", { body: "\ud800" }, "InvalidBody"],
    ["a body over the limit", { maxBodyBytes: 10 }, "BodyTooLarge"],
    ["tolerance NaN", { toleranceSeconds: Number.NaN }, "InvalidOptions"],
    ["tolerance -1", { toleranceSeconds: -1 }, "InvalidOptions"],
    ["a clock without a time", { now: () => Number.NaN }, "InvalidOptions"],
    ["301 s too old", { now: () => (time + 301) * 1000 }, "TimestampTooOld"],
    ["301 s too new", { now: () => (time - 301) * 1000 }, "TimestampTooNew"],
    ["1 s off with tolerance 0", { toleranceSeconds: 0, now: () => (time + 1) * 1000 }, "TimestampTooOld"],
    ["300 s old", { now: () => (time + 300) * 1000 }, "ok"],
    ["300 s new", { now: () => (time - 300) * 1000 }, "ok"],
    ["years old with the window disabled", { toleranceSeconds: "disabled", now: () => 9e12 }, "ok"],
    [
      "a good signature among bad ones",
      {
        headers: {
          ...headers,
          "webhook-signature": `v2,x ${signAywaRuntimeWebhook({ body, secret: generateWebhookSecret() })["webhook-signature"]} ${sign}`
        }
      },
      "ok"
    ]
  ]
  for (const [name, options, reason] of cases) {
    it(`${name}: ${reason}`, () => assert.strictEqual(reasonOf({ ...good, ...options }), reason))
  }
  for (const time of [
    "NaN",
    "Infinity",
    "1e9",
    "-1",
    "+1",
    " 1",
    "1.5",
    "1abc",
    "01",
    "0x1",
    "１",
    "9".repeat(30),
    "1735689600, 1"
  ]) {
    it(`the time ${JSON.stringify(time)} is no time`, () =>
      assert.strictEqual(reasonOf({ ...good, headers: { ...headers, "webhook-timestamp": time } }), "InvalidHeader"))
  }
  for (const text of [
    "",
    "null",
    "[]",
    "{}",
    '{"message":{}}',
    '{"message":{"type":1}}',
    `\ufeff${body}`,
    "{",
    `${"[".repeat(600)}${"]".repeat(600)}`
  ]) {
    it(`${JSON.stringify(text.slice(0, 20))}, well signed, is malformed`, () =>
      assert.strictEqual(reasonOf(signed(text)), "MalformedPayload"))
  }
  it("bytes that are not UTF-8 are verified as bytes, then refused", () => {
    assert.strictEqual(reasonOf(signed(new Uint8Array([0xff, 0xfe]))), "MalformedPayload")
    assert.strictEqual(
      reasonOf({ ...signed(new Uint8Array([0xff])), body: new Uint8Array([0xfe]) }),
      "SignatureMismatch"
    )
  })
  it("says nothing that is secret, however it is printed", () => {
    for (const options of [
      { ...good, secret: generateWebhookSecret() },
      { ...good, body: `${body}x` },
      signed("canary-body")
    ]) {
      try {
        verifyAywaRuntimeWebhook(options)
        assert.fail("must throw")
      } catch (error) {
        for (const text of [inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), String(error)]) {
          for (const hidden of [secret, secret.slice(6), sign.slice(3), "canary", "endedReason"])
            assert.notInclude(text, hidden)
        }
      }
    }
  })
  it("drops __proto__ keys and pollutes nothing", () => {
    const event = verifyAywaRuntimeWebhook(
      signed('{"message":{"type":"hang","__proto__":{"polluted":1},"call":{"\\u005f_proto__":{"polluted":1}}}}')
    )
    assert.isUndefined(Reflect.get({}, "polluted"))
    assert.isFalse(Object.hasOwn(event.message, "__proto__"))
  })
})

describe("events", () => {
  const folder = new URL("../fixtures/server-messages/", import.meta.url)
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    it(`${name} is a known message`, () => {
      const text = readFileSync(new URL(name, folder), "utf8")
      const { message } = verifyAywaRuntimeWebhook(signed(text))
      assert.notStrictEqual<string>(message.type, "invalid", inspect(message).slice(0, 300))
      if (message.type === "tool-calls") {
        for (const call of message.toolCalls) assert.isString(call.arguments["service"])
        assert.isAbove(message.toolCalls.length, 0)
      }
    })
  }
  it("an unknown type, and names from Object.prototype, arrive as unknown", () => {
    for (const type of ["video.started", "toString", "constructor"]) {
      const { message } = verifyAywaRuntimeWebhook(signed(JSON.stringify({ message: { type, x: 1 } })))
      assert.deepStrictEqual<unknown>(message, { type: "unknown", of: type, raw: { type, x: 1 } })
    }
  })
  it("a known type with a wrong body is told apart", () => {
    const { message } = verifyAywaRuntimeWebhook(signed('{"message":{"type":"status-update","status":7}}'))
    assert.strictEqual(message.type, "invalid")
    if (message.type === "invalid") assert.deepStrictEqual(message.issues, [{ path: ["status"], expected: "text" }])
  })
  it("the literal final transcript is a transcript", () => {
    const { message } = verifyAywaRuntimeWebhook(
      signed(
        JSON.stringify({ message: { type: 'transcript[transcriptType="final"]', role: "user", transcript: "hi" } })
      )
    )
    assert.deepInclude<object>(message, { type: "transcript", transcriptType: "final" })
  })
  it("tool-call arguments are an object, in every shape they come in", () => {
    const shapes = [
      { id: "1", function: { name: "f", arguments: '{"service":"a"}' } },
      { id: "1", function: { name: "f", arguments: { service: "a" } } },
      { id: "1", function: { name: "f", parameters: { service: "a" } } },
      { id: "1", name: "f", arguments: { service: "a" } },
      { id: "1", name: "f", parameters: '{"service":"a"}' }
    ]
    for (const call of shapes) {
      const { message } = verifyAywaRuntimeWebhook(
        signed(JSON.stringify({ message: { type: "tool-calls", toolCallList: [call] } }))
      )
      assert.deepStrictEqual(message.type === "tool-calls" ? message.toolCalls : [], [
        { id: "1", name: "f", arguments: { service: "a" } }
      ])
    }
  })
  it("times come as Date from ISO text and from epoch milliseconds", () => {
    assert.strictEqual(verifyAywaRuntimeWebhook(good).timestamp?.toISOString(), "2027-01-15T08:00:00.000Z")
    assert.strictEqual(verifyAywaRuntimeWebhook(good).attemptAt.getTime(), time * 1000)
  })
})

describe("fuzzing", () => {
  it("100,000 altered or arbitrary deliveries: only the one error, and nothing altered is accepted", () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant(undefined))
    let refused = 0
    fc.assert(
      fc.property(
        fc.record({ "webhook-id": text, "webhook-timestamp": text, "webhook-signature": text }, { requiredKeys: [] }),
        fc.oneof(fc.string(), fc.uint8Array(), fc.anything()),
        fc.nat(3),
        fc.integer({ min: 0, max: body.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (odd, oddBody, what, at, flip) => {
          const bytes = Buffer.from(body)
          bytes[at] = (bytes[at] ?? 0) ^ flip
          const options = [
            { ...good, headers: { ...headers, ...odd } },
            { ...good, body: oddBody },
            { ...good, body: bytes },
            { ...good, headers: { ...headers, ...odd }, body: oddBody }
          ][what]
          const same = (["webhook-id", "webhook-timestamp", "webhook-signature"] as const).every(
            (name) => !(name in odd) || odd[name] === headers[name]
          )
          const reason = reasonOf(options)
          if (what === 0 && same) return assert.strictEqual(reason, "ok")
          assert.notStrictEqual(reason, "ok")
          refused++
        }
      ),
      { numRuns: 100_000 }
    )
    assert.isAbove(refused, 80_000)
  }, 60_000)
})
