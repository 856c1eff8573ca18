/** Rows 45 to 60: bodies, JSON, messages, sizes, repeats. */
import { Readable } from "node:stream"
import { gzipSync } from "node:zlib"
import { assert } from "vitest"
import { signAywaRuntimeWebhook, verifyAywaRuntimeWebhook, type WebhookMessage } from "../../../src/webhooks.ts"
import { webhookReceiver } from "../../../src/webhooks/handlers.ts"
import { calls } from "../support/calls.ts"
import {
  assertReason,
  at,
  body,
  errorOf,
  good,
  headers,
  reasonOf,
  secret,
  signed,
  time,
  verify,
  type Case
} from "../support/delivery.ts"

const messageOf = (text: string): WebhookMessage => verify(signed(text)).message
const malformed = (text: string | Uint8Array) => assert.strictEqual(reasonOf(signed(text)), "MalformedPayload")
const changed = (text: string) => assertReason({ body: text }, "SignatureMismatch")

const clean = (value: unknown, text: string) => {
  assert.isUndefined(Reflect.get({}, "polluted"))
  assert.notInclude(JSON.stringify(value), "polluted", text)
}

export const payloads: ReadonlyArray<Case> = [
  ...(
    [
      ["a parsed object", JSON.parse(body), "already parsed"],
      ["a stream", Readable.from([body]), "a stream"],
      ["a web stream", new ReadableStream(), "a stream"],
      ["undefined", undefined, "missing"],
      ["null", null, "missing"],
      ["a number", 7, "a number"]
    ] as const
  ).map(([name, wrong, says]): Case => ({
    row: 45,
    name,
    run: () => {
      const error = errorOf(() => verify({ body: wrong }))
      assert.strictEqual(error.reason._tag, "InvalidBody")
      for (const part of [says, "express.raw", "parseAs", "request.text()", "rawBody", "isBase64Encoded"]) {
        assert.include(error.message, part)
      }
    }
  })),
  {
    row: 46,
    name: "JSON that was written again, extra line feeds, CRLF",
    run: () => {
      changed(JSON.stringify(JSON.parse(body), null, 1))
      changed(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).toReversed())) + " ")
      changed(`${body}\n`)
      const odd = '{"message":{"type":"hang","a":"\\u00e9","b":1.0}}\n'
      const { headers } = signed(odd)
      for (const other of [
        odd.replace("\\u00e9", "é"),
        odd.replace("1.0", "1"),
        odd.replace("\n", "\r\n"),
        odd.trim()
      ]) {
        assertReason({ body: other, headers }, "SignatureMismatch")
      }
      assertReason({ body: odd, headers }, "ok")
    }
  },
  {
    row: 47,
    name: "a body that is still base64 or gzip",
    run: () => {
      changed(Buffer.from(body).toString("base64"))
      assertReason({ body: gzipSync(body) }, "SignatureMismatch")
    }
  },
  { row: 48, name: "an empty body, well signed", run: () => malformed("") },
  {
    row: 49,
    name: "a byte order mark, kept or stripped",
    run: () => {
      malformed(`\ufeff${body}`)
      malformed(Buffer.from(`\ufeff${body}`))
      assertReason({ body, headers: signed(`\ufeff${body}`).headers }, "SignatureMismatch")
    }
  },
  {
    row: 50,
    name: "bytes that are no UTF-8, well signed, although a lenient decoder would read an event",
    run: () => {
      const [before = "", after = ""] = '{"message":{"type":"hang","x":"|"}}'.split("|")
      const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xfe]), Buffer.from(after)])
      assert.strictEqual(messageOf(bytes.toString()).type, "hang")
      malformed(bytes)
    }
  },
  {
    row: 51,
    name: "invalid bytes swapped for others that a decoder turns into the same text",
    run: () => {
      const [one, two] = [Buffer.from([0x22, 0xff, 0x22]), Buffer.from([0x22, 0xfe, 0x22])]
      assert.strictEqual(one.toString(), two.toString())
      assert.strictEqual(reasonOf({ ...signed(one), body: two }), "SignatureMismatch")
    }
  },
  {
    row: 52,
    name: "a lone surrogate in a string; its JSON escape is fine",
    run: () => {
      assertReason({ body: `${body.slice(0, -3)}\ud800"}}` }, "InvalidBody")
      assert.strictEqual(messageOf('{"message":{"type":"hang","x":"\\ud800"}}').type, "hang")
    }
  },
  ...[
    '{"message":{"type":"hang","__proto__":{"polluted":1},"kept":1}}',
    '{"message":{"type":"hang","\\u005f_proto__":{"polluted":1},"kept":1}}',
    '{"message":{"type":"hang","_\\u005f\\u0070rot\\u006F_\\u005F":{"polluted":1},"kept":1}}',
    '{"__proto__":{"polluted":1},"message":{"type":"hang","kept":1}}',
    '{"message":{"type":"hang","kept":1,"call":{"deep":[{"__proto__":{"polluted":1}}]}}}'
  ].map((text): Case => ({
    row: 53,
    name: `the key is dropped, the event is not: ${text.slice(0, 60)}`,
    run: () => {
      const message = messageOf(text)
      clean(message, text)
      assert.deepInclude<object>(message, { type: "hang", kept: 1 })
    }
  })),
  {
    row: 53,
    name: "inside the arguments of a tool call",
    run: () => {
      const args = JSON.stringify('{"__proto__":{"polluted":1},"kept":1}')
      const message = messageOf(
        `{"message":{"type":"tool-calls","toolCallList":[{"id":"1","function":{"name":"f","arguments":${args}}}]}}`
      )
      assert.deepStrictEqual(message.type === "tool-calls" ? message.toolCalls : [], [
        { id: "1", name: "f", arguments: { kept: 1 } }
      ])
    }
  },
  {
    row: 54,
    name: "constructor.prototype as keys, and __proto__ as a value",
    run: () => {
      const value = { constructor: { prototype: { x: 1 } }, name: "__proto__" }
      const message = messageOf(JSON.stringify({ message: { type: "hang", value } }))
      assert.deepStrictEqual(message.type === "hang" ? message["value"] : undefined, value)
    }
  },
  {
    row: 55,
    name: "duplicate keys, integers over 2^53, NUL",
    run: () => {
      const message = messageOf('{"message":{"type":"hang","a":1,"a":2,"n":9007199254740993,"z":"\\u0000"}}')
      assert.deepInclude<object>(message, { a: 2, n: 9007199254740992, z: "\0" })
    }
  },
  ...["", "no", "{", "[]", "null", "1", '"x"', "{}", '{"message":[]}', '{"message":{}}', '{"message":{"type":1}}'].map(
    (text): Case => ({ row: 56, name: `the body ${JSON.stringify(text)}`, run: () => malformed(text) })
  ),
  {
    row: 57,
    name: "unknown types, names from Object.prototype among them",
    run: () => {
      for (const type of ["video.started", "toString", "constructor", "__proto__", ""]) {
        assert.deepStrictEqual<unknown>(messageOf(JSON.stringify({ message: { type, x: 1 } })), {
          type: "unknown",
          of: type,
          raw: { type, x: 1 }
        })
      }
    }
  },
  {
    row: 57,
    name: "the literal final transcript",
    run: () => {
      const type = 'transcript[transcriptType="final"]'
      const message = messageOf(JSON.stringify({ message: { type, role: "user", transcript: "hi" } }))
      assert.deepInclude<object>(message, { type: "transcript", transcriptType: "final", transcript: "hi" })
    }
  },
  {
    row: 58,
    name: "nested 100,000 and 600 deep, in the event and in a tool call; 500 are fine",
    run: () => {
      const nest = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`
      const event = (inner: string) => `{"message":{"type":"hang","x":${inner}}}`
      malformed(nest(100_000))
      malformed(event(nest(100_000)))
      malformed(event(nest(600)))
      malformed(event(`{"__proto__":${nest(100_000)}}`))
      assert.strictEqual(messageOf(event(nest(500))).type, "hang")
      const call = { id: "1", name: "f", arguments: nest(100_000) }
      const message = messageOf(JSON.stringify({ message: { type: "tool-calls", toolCallList: [call] } }))
      assert.deepStrictEqual(message.type === "tool-calls" ? message.toolCalls[0]?.arguments : undefined, {})
    }
  },
  {
    row: 59,
    name: "20 MiB are refused before they are hashed, exactly the limit is fine",
    run: () => {
      const before = calls.createHmac
      for (const big of ["x".repeat(20 * 2 ** 20), new Uint8Array(20 * 2 ** 20)])
        assertReason({ body: big }, "BodyTooLarge")
      assert.strictEqual(calls.createHmac, before)
      const bytes = Buffer.byteLength(body)
      assertReason({ maxBodyBytes: bytes }, "ok")
      assertReason({ maxBodyBytes: bytes, body: Buffer.from(body) }, "ok")
      assertReason({ maxBodyBytes: bytes - 1 }, "BodyTooLarge")
      // Characters of three bytes: their number alone does not tell the size.
      const wide = `{"message":{"type":"hang","x":"${"€".repeat(100)}"}}`
      const size = Buffer.byteLength(wide)
      assert.strictEqual(reasonOf(signed(wide, { maxBodyBytes: size })), "ok")
      assert.strictEqual(reasonOf(signed(wide, { maxBodyBytes: size - 1 })), "BodyTooLarge")
    }
  },
  {
    row: 60,
    name: "the same request twice: verified twice, offered to the inbox under one id",
    run: async () => {
      const offered: Array<string> = []
      const receive = webhookReceiver({
        secret,
        now: () => time * 1000,
        inbox: {
          offer: async ({ id }) => {
            offered.push(id)
          }
        }
      })
      for (let count = 0; count < 2; count++) {
        assert.strictEqual((await receive({ method: "POST", headers, body })).status, 200)
      }
      assert.deepStrictEqual(offered, ["evt_1", "evt_1"])
      // The sender signs a retry anew: same id, later time.
      const again = signAywaRuntimeWebhook({ body, secret, id: "evt_1", timestamp: new Date(at.getTime() + 5000) })
      assert.strictEqual(verifyAywaRuntimeWebhook({ ...good, headers: again }).id, "evt_1")
    }
  }
]
