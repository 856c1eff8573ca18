/** Rows 1 to 20: shapes of bodies and headers. */
import { assert } from "vitest"
import {
  assertReason,
  body,
  errorOf,
  good,
  headers,
  macWith,
  otherSecret,
  signature,
  time,
  verify,
  withHeaders,
  type Case
} from "../support/delivery.ts"

const bytes = Buffer.from(body)
const fresh = new Uint8Array(bytes)
const names = ["webhook-id", "webhook-timestamp", "webhook-signature"]
const missing = (more: object) => {
  const { reason } = errorOf(() => verify(more))
  return reason._tag === "MissingHeader" ? reason.headers : assert.fail(reason._tag)
}

const ok = (row: number, name: string, more: object): Case => ({ row, name, run: () => assertReason(more, "ok") })

export const inputs: ReadonlyArray<Case> = [
  ok(1, "a string", { body }),
  ok(2, "a Buffer", { body: bytes }),
  ok(3, "a Uint8Array", { body: fresh }),
  ok(4, "an ArrayBuffer", { body: fresh.buffer }),
  ok(5, "a DataView", { body: new DataView(fresh.buffer) }),
  ok(6, "a slice of a Buffer with an offset", { body: Buffer.concat([Buffer.from("xx"), bytes]).subarray(2) }),
  ok(6, "a DataView of a part", {
    body: new DataView(new Uint8Array([0, 0, ...bytes, 0]).buffer, 2, bytes.length)
  }),
  ok(7, "Headers", { headers: new Headers(headers) }),
  ok(8, "Title-Case names", {
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace(/\b\w/g, (c) => c.toUpperCase()), value])
    )
  }),
  ok(9, "a record without a prototype", { headers: Object.assign(Object.create(null), headers) }),
  ok(10, "a Map", { headers: new Map(Object.entries(headers)) }),
  ok(10, "a Map with names in capitals", {
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
  }),
  ok(11, "entries", { headers: Object.entries(headers) }),
  ok(11, "an object with get() that is not iterable", {
    headers: { get: (name: string) => Reflect.get(headers, name) }
  }),
  ok(12, "arrays of one element", {
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  }),
  ok(
    13,
    "a signature array with two values, one good",
    withHeaders({ "webhook-signature": [`v1,${macWith("sha256", "no")}`, signature] })
  ),
  ok(
    13,
    "the join of Node, `a, b`",
    withHeaders({ "webhook-signature": `v1,${macWith("sha256", "no")}, ${signature}` })
  ),
  {
    row: 14,
    name: "the id twice, as an array",
    run: () => assertReason(withHeaders({ "webhook-id": ["evt_1", "evt_1"] }), "DuplicateHeader")
  },
  {
    row: 14,
    name: "the id twice, joined",
    run: () => assertReason(withHeaders({ "webhook-id": "evt_1, evt_1" }), "InvalidHeader")
  },
  {
    row: 14,
    name: "the timestamp twice, joined",
    run: () => assertReason(withHeaders({ "webhook-timestamp": `${time}, 1` }), "InvalidHeader")
  },
  {
    row: 14,
    name: "the id twice, as entries",
    run: () => assertReason({ headers: [...Object.entries(headers), ["webhook-id", "evt_1"]] }, "DuplicateHeader")
  },
  {
    row: 15,
    name: "two casings of a name",
    run: () => assertReason(withHeaders({ "Webhook-Id": "evt_1" }), "DuplicateHeader")
  },
  {
    row: 16,
    name: "headers that are only inherited",
    run: () => assert.deepStrictEqual(missing({ headers: Object.create(headers) }), names)
  },
  {
    row: 16,
    name: "null, undefined, text and numbers instead of headers",
    run: () => {
      for (const wrong of [null, undefined, "webhook-id: evt_1", 7]) assertReason({ headers: wrong }, "InvalidHeaders")
    }
  },
  {
    row: 16,
    name: "headers that throw when they are read",
    run: () => {
      const get = () => {
        throw new Error("no")
      }
      assertReason({ headers: { get } }, "InvalidHeaders")
      assertReason({ headers: { [Symbol.iterator]: get } }, "InvalidHeaders")
      assertReason({ headers: new Proxy({}, { ownKeys: get }) }, "InvalidHeaders")
    }
  },
  ...names.flatMap((name, index): ReadonlyArray<Case> => [
    {
      row: 17 + index,
      name: `${name} is absent`,
      run: () => assert.deepStrictEqual(missing(withHeaders({ [name]: undefined })), [name])
    },
    {
      row: 17 + index,
      name: `${name} is empty`,
      run: () => assert.deepStrictEqual(missing(withHeaders({ [name]: "" })), [name])
    }
  ]),
  {
    row: 19,
    name: "all are absent: all are named",
    run: () => assert.deepStrictEqual(missing({ headers: {} }), names)
  },
  {
    row: 20,
    name: "only svix-* headers",
    run: () =>
      assert.deepStrictEqual(
        missing({ headers: { "svix-id": "evt_1", "svix-timestamp": String(time), "svix-signature": signature } }),
        names
      )
  },
  ok(
    20,
    "svix-* headers of an attacker beside good ones",
    withHeaders({ "svix-id": "evt_2", "svix-timestamp": "1", "svix-signature": "v1,x" })
  ),
  {
    row: 20,
    name: "the other way round",
    run: () =>
      assertReason(
        { ...good, secret: otherSecret, ...withHeaders({ "svix-signature": signature }) },
        "SignatureMismatch"
      )
  }
]
