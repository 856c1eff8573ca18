import * as fc from "fast-check"
import { assert, test } from "vitest"
import { holdsMask, maskText, maskValue } from "../src/show/mask.ts"

const hidden = { showNumbers: false }

test.each([
  ["Call me at +14155550123, please", "Call me at •••23, please"],
  ["+1 (415) 555-0123", "•••23"],
  ["(415) 555-0123 or 415-555-0124", "•••23 or •••24"],
  ["0151 2345 6789", "•••89"],
  ["sip:+14155550123@sip.test", "sip:•••23@sip.test"],
  ["14155550123", "•••23"]
])("a telephone number is shown by its last two digits: %s", (text, shown) => {
  assert.strictEqual(maskText(text, hidden), shown)
  assert.strictEqual(maskText(text, { showNumbers: true }), text)
})

test.each([
  "2026-11-29T15:44:52.000Z",
  "5f0c8f2e-1234-4678-9012-123456789012",
  "Order 4711 of 2026",
  "gpt-4.1-mini",
  "http://127.0.0.1:4010/assistant",
  "12.50 EUR"
])("what is no number stays: %s", (text) => {
  assert.strictEqual(maskText(text, hidden), text)
})

test("ids stay whole, or nothing could be read by them", () => {
  const row = { id: "14155550123", assistantId: "20261129154452", callIds: ["123456789012"], number: "+14155550123" }
  assert.deepStrictEqual(maskValue(row, hidden), { ...row, number: "•••23" })
})

test.each([
  ["a secret's field", { server: { secret: "s3cr3t" } }],
  ["a header", { server: { headers: { "X-Anything": "s3cr3t" } } }],
  ["a credential in a credential", { credentials: [{ apiKey: "s3cr3t" }] }],
  ["a user in a URL", { url: "https://me:s3cr3t@example.test/x" }],
  ["a query of a URL", { url: "https://example.test/x?access_token=s3cr3t&a=1" }],
  ["a header in a text", { text: "use Bearer s3cr3t-s3cr3t" }],
  ["a key in a text", { text: "the key is sk_live_s3cr3ts3cr3t" }],
  ["a key of ours in a text", { text: "aywa_local_s3cr3ts3cr3t" }]
])("secrets are not shown: %s", (_, value) => {
  const shown = JSON.stringify(maskValue(value, { showNumbers: true }))
  assert.notInclude(shown, "s3cr3t")
  assert.isTrue(holdsMask(JSON.parse(shown)))
})

test("a tool's parameter may be called password: its schema is no secret", () => {
  const schema = { parameters: { properties: { password: { type: "string", description: "The caller's" } } } }
  assert.deepStrictEqual(maskValue(schema, hidden), schema)
})

test("wherever a number stands in a row, its first digits are not shown", () => {
  const number = fc.integer({ min: 2_000_000_000, max: 9_999_999_999 }).map((digits) => `+1${digits}`)
  const words = fc.constantFrom("", "call ", "at: ", "“", "(")
  const value = fc
    .tuple(words, number, words)
    .map(([before, text, after]) => ({ text: `${before}${text} ${after}`, number: text }))
  fc.assert(
    fc.property(
      value,
      fc.constantFrom("note", "name", "content", "customer"),
      fc.boolean(),
      ({ text, number }, key, inList) => {
        const row = { metadata: { [key]: inList ? [text, { deep: text }] : text }, [text]: 1 }
        const shown = JSON.stringify(maskValue(row, hidden))
        assert.notInclude(shown, number.slice(1, 9))
      }
    )
  )
})
