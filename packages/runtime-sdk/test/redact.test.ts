import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { Secrets } from "../src/call/redact.ts"
import { redactCause } from "../src/call/redactCause.ts"
import { assertMatches } from "./support/assertions.ts"

const secretsOf = (key: string, headers: Record<string, string> = {}) => new Secrets([Redacted.make(key)], headers)
const base64 = (text: string) => Buffer.from(text).toString("base64")

describe("what is taken out", () => {
  const body = JSON.stringify({ name: "Desk", authToken: "hunter2-token", nested: { apiKey: "deep-secret" } })

  it("key, secrets of the body and values of extra headers, and the rest stays", () => {
    const headers = { "x-tenant": "tenant-secret-1", "x-short": "abc" }
    const redact = secretsOf("sk_live_1", headers).redactorWith(body)
    assert.strictEqual(
      redact("Desk sk_live_1 hunter2-token, deep-secret; tenant-secret-1 abc sk_live_1"),
      "Desk <redacted> <redacted>, <redacted>; <redacted> abc <redacted>"
    )
  })

  it("the secrets that source accounts have, and one that is a part of another", () => {
    const secrets = {
      openAIKey: "open-ai-1",
      gcpKey: { private_key: "pem-1" },
      awsSecretAccessKey: "aws-1",
      key: "named"
    }
    const redact = secretsOf("sk_live", { "x-a": "sk_live-and-more" }).redactorWith(JSON.stringify(secrets))
    assert.strictEqual(
      redact("open-ai-1 pem-1 aws-1 named sk_live-and-more sk_live"),
      "<redacted> <redacted> <redacted> named <redacted> <redacted>"
    )
  })

  it("what stands in headers of the body, each part of it alone", () => {
    const headers = { authorization: "Bearer of-the-server", "x-internal": "internal-1", cookie: "a=cookie-of-it; b=1" }
    const nested = { properties: { "x-key": { value: "nested-value-1" } } }
    const redact = secretsOf("sk_live_1").redactorWith(
      JSON.stringify({ server: { headers }, tool: { headers: nested } })
    )
    for (const part of ["of-the-server", "Bearer of-the-server", "internal-1", "cookie-of-it", "nested-value-1"]) {
      // The blank before a token is a piece of its header, too.
      assert.match(redact(`got ${part}.`), /^got ?<redacted>\.$/)
    }
  })

  it("what gives access in a URL, or in the settings of a connection, wherever they stand", () => {
    const body = JSON.stringify({
      url: "https://user:of-the-url@agents.example/x?token=of-the-query&api_key=of%2Bthe%2Bkey&room=lobby-of-all",
      metadata: { dbUrl: "postgres://app:p%40ssword-1@db.example/app", alone: "redis://only-token-1@cache.example" },
      list: ["https://agents.example/#access_token=of-the-hash", "Server=db.example;Password=of-the-list;Pooling=true"],
      dsn: "host=db.example password=of-the-dsn dbname=app"
    })
    const redact = secretsOf("sk_live_1").redactorWith(body)
    for (const secret of [
      "of-the-url",
      "of-the-query",
      "of+the+key",
      "of%2Bthe%2Bkey",
      "p@ssword-1",
      "p%40ssword-1",
      "only-token-1",
      "of-the-hash",
      "of-the-list",
      "of-the-dsn"
    ]) {
      assert.strictEqual(redact(`got ${secret}.`), "got <redacted>.")
    }
    for (const other of ["lobby-of-all", "agents.example", "db.example", "dbname=app"]) {
      assert.strictEqual(redact(`got ${other}.`), `got ${other}.`)
    }
  })

  it("the body itself, whole or a long piece of it, escaped or not", () => {
    const words = "Good afternoon, this is the front desk of the old mill. How may I help you today?"
    for (const body of [JSON.stringify({ name: "A" }), JSON.stringify({ name: "Desk", firstMessage: words })]) {
      const redact = secretsOf("sk_live_1").redactorWith(body)
      assert.strictEqual(redact(`invalid body: ${body}`), "invalid body: <redacted>")
      assert.strictEqual(redact(`invalid body: ${JSON.stringify(body)}.`), 'invalid body: "<redacted>".')
    }
    const redact = secretsOf("sk_live_1").redactorWith(JSON.stringify({ name: "Desk", firstMessage: words }))
    assert.strictEqual(redact(`firstMessage ${words.slice(0, 70)}…`), "firstMessage <redacted>…")
    assert.strictEqual(redact('name "Desk" is taken: {}'), 'name "Desk" is taken: {}')
    const large = JSON.stringify({ rows: Array.from({ length: 50_000 }, (_, row) => `row ${row}`) })
    assert.strictEqual(secretsOf("sk_live_1").redactorWith(large)(`got ${large.slice(0, 2000)}`), "got <redacted>")
  })

  it("long runs of one character, sent and repeated, without end", () => {
    for (const length of [200, 16_000, 200_000]) {
      const redact = secretsOf("a".repeat(length)).redactorWith(JSON.stringify({ token: "a".repeat(length), a: "b" }))
      assert.match(redact("a".repeat(30_000)), /^<redacted>…?$/)
    }
  })

  it("what a single call sent beside it, and no header that is sent to be found again", () => {
    const secrets = secretsOf("the-first-key").and([Redacted.make("a-later-key")], {
      "X-Request-Id": "request-0001",
      "x-signed": "signature-1",
      "x-none": undefined
    })
    assert.strictEqual(
      secrets.redact("the-first-key a-later-key request-0001 signature-1"),
      "<redacted> <redacted> request-0001 <redacted>"
    )
    assert.strictEqual(secrets.redactKeys("the-first-key a-later-key signature-1"), "<redacted> <redacted> signature-1")
  })

  it("copies that were cut off, if half is left", () => {
    const { redact } = bound(secretsOf("sk_live_0123456789abcdef"))
    assert.strictEqual(redact("starts with sk_live_0123"), "starts with <redacted>")
    assert.strictEqual(redact("starts with sk_live_, ends with cdef"), "starts with sk_live_, ends with cdef")
    assert.strictEqual(redact("ends with 0123456789abcdef."), "ends with <redacted>.")
    assert.strictEqual(redact("has live_0123456789ab in it"), "has <redacted> in it")
    assert.strictEqual(redact("0123456789abcdef".toUpperCase()), "<redacted>")
    assert.strictEqual(redact(`Bearer ${base64("sk_live_0123456789abcdef").slice(0, 20)}`), "Bearer <redacted>")
  })

  it("a short one where it stands alone, and no word that contains it", () => {
    const { redact } = bound(secretsOf("key", { "x-tenant": "tenant-1" }).and([Redacted.make("k")], undefined))
    assert.strictEqual(
      redact('no key "k" for idempotency_key_in_use, keys or mocks of tenant-12'),
      'no <redacted> "<redacted>" for idempotency_key_in_use, keys or mocks of <redacted>2'
    )
  })

  it("the whole base64 around a copy, whose edges hold bits of it", () => {
    const { redact } = bound(secretsOf("sk_live_0123456789abcdef"))
    for (const before of ["", "a", "ab", "Bearer ", "user:"]) {
      for (const after of ["", "z", "zz", '"}']) {
        const encoded = base64(`${before}sk_live_0123456789abcdef${after}`)
        assert.strictEqual(redact(`got ${encoded}, why?`), "got <redacted>, why?")
        assert.strictEqual(redact(`got ${encoded.replace(/=+$/, "")}, why?`), "got <redacted>, why?")
      }
    }
  })
})

const bound = (secrets: Secrets) => ({ redact: (text: string) => secrets.redact(text) })

// Letters that no encoding touches stand in the middle: where they are gone, so is the secret.
const middle = "Q7xK2mZ9pLw4Rt6V"
const percent = (text: string) => text.replace(/./gs, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`)
const encodings: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  url: encodeURIComponent,
  "url, every character": percent,
  "url, upper case": (text) => percent(text).toUpperCase(),
  json: (text) => JSON.stringify(text).slice(1, -1),
  "json, slashes": (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  "json, every character": (text) => text.replace(/./gs, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
  html: (text) =>
    text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c),
  "html, every character": (text) => text.replace(/./gs, (c) => `&#x${c.charCodeAt(0).toString(16)};`)
}
const base64s: Readonly<Record<string, (text: string) => string>> = {
  base64,
  "base64, no padding": (text) => base64(text).replace(/=+$/, ""),
  base64url: (text) => Buffer.from(text).toString("base64url")
}
const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((n) => String.fromCharCode(n)),
  maxLength: 12
})
const secret = fc.tuple(visible, visible).map(([a, b]) => a + middle + b)

describe("in whatever form a server repeats it", () => {
  it("escaped once or twice, and nothing around it is lost", () => {
    const names = fc.constantFrom(...Object.keys(encodings))
    fc.assert(
      fc.property(secret, names, names, (key, first, second) => {
        const echo = encodings[second]!(encodings[first]!(key))
        const out = secretsOf(key).redact(`<< ${echo} >>`)
        assert.match(out, /^<< .*<redacted>.* >>$/s)
        for (const encode of Object.values(encodings)) assert.notInclude(out, encode(middle))
      }),
      { numRuns: 500 }
    )
  })

  it("in base64, at any offset, and escaped again", () => {
    const names = fc.constantFrom(...Object.keys(base64s))
    fc.assert(
      fc.property(
        secret,
        visible,
        visible,
        names,
        fc.constantFrom(...Object.keys(encodings)),
        (key, a, b, name, outer) => {
          const echo = encodings[outer]!(base64s[name]!(a + key + b))
          const out = secretsOf(key).redact(`( ${echo} )`)
          assert.include(out, "<redacted>")
          // Whatever is left decodes to nothing of it.
          const left = out.replaceAll("<redacted>", " ")
          for (const encode of Object.values(encodings)) {
            for (const alphabet of Object.values(base64s)) {
              for (const shift of ["", "a", "ab"]) {
                assert.notInclude(left, encode(alphabet(shift + middle).slice(4, 16)))
              }
            }
          }
        }
      ),
      { numRuns: 300 }
    )
  })

  it("leaves every other text as it is", () => {
    fc.assert(
      fc.property(secret, fc.string({ unit: "grapheme" }), (key, text) => {
        fc.pre(!text.includes(middle.slice(0, 5)))
        assert.strictEqual(secretsOf(key).redact(text), text)
      })
    )
  })

  it("a secret of the body beyond ASCII", () => {
    const redact = secretsOf("the-key").redactorWith(JSON.stringify({ password: "geheim-ü-☎-geheim" }))
    for (const echo of ["geheim-ü-☎-geheim", "geheim-\\u00fc-\\u260e-geheim", base64("geheim-ü-☎-geheim")]) {
      assert.strictEqual(redact(`got ${echo}.`), "got <redacted>.")
    }
  })
})

describe("causes", () => {
  const redact = (text: string) => secretsOf("sk_live_0123456789abcdef").redact(text)
  const shown = (cause: unknown) => inspect(redactCause(cause, redact), { depth: 10, showHidden: true })

  it("stay the object that they are when they repeat nothing", () => {
    const inner = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", port: 80 })
    for (const cause of [
      inner,
      new TypeError("fetch failed", { cause: inner }),
      new AggregateError([inner]),
      undefined,
      7
    ]) {
      assert.strictEqual(redactCause(cause, redact), cause)
    }
    const circle: { self?: unknown } = {}
    circle.self = circle
    assert.strictEqual(redactCause(circle, redact), circle)
  })

  it("keep name, message, code, stack and their own causes without it", () => {
    const inner = Object.assign(new Error("Expected HTTP/"), { code: "HPE", data: "echo sk_live_0123456789abcdef" })
    inner.name = "HTTPParserError"
    const kept = redactCause(new TypeError("fetch failed for sk_live_0123456789abcdef", { cause: inner }), redact)
    assertMatches(kept, { name: "TypeError", message: "fetch failed for <redacted>" })
    assertMatches(Reflect.get(Object(kept), "cause"), { name: "HTTPParserError", code: "HPE" })
  })

  it("repeat it nowhere: in members, bytes, keys, symbols, or what only a class knows", () => {
    const key = "sk_live_0123456789abcdef"
    const causes: ReadonlyArray<unknown> = [
      key,
      { deep: { deeper: [key] } },
      { [key]: 1 },
      { [Symbol(key)]: 1 },
      { [Symbol("s")]: key },
      Object.assign(new Error("x"), { data: Buffer.from(`HTTP/1.1 ${key}`) }),
      new AggregateError([new Error(key)]),
      new Headers({ "x-echo": key }),
      new URL(`http://localhost/?${key}`),
      new Response(null, { headers: { "x-echo": key } }),
      new DOMException(key, "AbortError"),
      Object.defineProperty(new Error("x"), "hidden", { value: key }),
      new Map([[key, key]]),
      new Error("x", { cause: new Error("y", { cause: key }) })
    ]
    for (const cause of causes) {
      assert.match(inspect(cause, { depth: 10, showHidden: true }), /sk_live_0123456789abcdef|48 54 54 50/)
      assert.notMatch(shown(cause), /sk_live_0123456789abcdef|48 54 54 50/)
    }
  })
})
