/**
 * Answers that an HTTP server may give, and the one thing that each of them comes to, whatever transport reads it: status,
 * body, headers, content coding, and how the answer ends.
 */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync, type InputType } from "node:zlib"
import type { Which } from "../support/everyTransport.ts"

/**
 * How an answer is framed, and how it ends: by its length, by chunks, by the end of the connection; or before its end, by
 * the end of the connection, by a reset, or by silence.
 */
export type Ending = "length" | "chunks" | "close" | "cut" | "chunks-cut" | "reset" | "stall"

/** What a call comes to: a value, or the error's tag, outcome and whether it may be repeated. */
export type Expected =
  | { readonly value: unknown }
  | {
      readonly _tag: string
      readonly outcome: "not-sent" | "rejected" | "maybe-applied"
      readonly isRetryable: boolean
      readonly status?: number
    }

export interface Answer {
  readonly name: string
  readonly call: Which
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
  readonly ending: Ending
  readonly expected: Expected
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const join = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => Buffer.concat(parts)

export const row = {
  id: "a",
  orgId: "o",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  name: "Ädel ☎ 🙂"
}
const one = JSON.stringify(row)
const rows = bytes(JSON.stringify([row]))
const page: Expected = { value: [row] }
const empty = bytes("")

const json = [["content-type", "application/json"]] as const

/** The errors of the table; `status` is that of the answer. */
const rejected = (_tag: string): Expected => ({ _tag, outcome: "rejected", isRetryable: false })
const unexpected = rejected("UnexpectedResponse")
const unanswered = (_tag: "ConnectionError" | "AywaTimeoutError", call: Which): Expected => ({
  _tag,
  outcome: call === "list" || call === "content" ? "rejected" : "maybe-applied",
  // A create that is repeated from outside would have another key.
  isRetryable: call !== "create" && call !== "upload"
})
const lost = (call: Which): Expected => unanswered("ConnectionError", call)
const timedOut = (call: Which): Expected => unanswered("AywaTimeoutError", call)

// Codings ------------------------------------------------------------------------------------------------------------

const gzip = (input: InputType): Uint8Array => gzipSync(input)
const tail = (input: Uint8Array, count: number): Uint8Array => input.subarray(0, input.length - count)

/** A `content-encoding`, what is done to the body, and what a list of one row comes to. */
const codings: ReadonlyArray<readonly [header: string, body: Uint8Array, expected: Expected]> = [
  ["gzip", gzip(rows), page],
  ["x-gzip", gzip(rows), page],
  ["GZip", gzip(rows), page],
  [" gzip ", gzip(rows), page],
  ["gzip", join(gzip(rows.subarray(0, 40)), gzip(rows.subarray(40))), page],
  ["gzip", join(gzip(rows.subarray(0, 1)), gzip(empty), gzip(rows.subarray(1))), page],
  ["deflate", deflateSync(rows), page],
  ["deflate", deflateRawSync(rows), page],
  ["br", brotliCompressSync(rows), page],
  ["BR", brotliCompressSync(rows), page],
  ["zstd", zstdCompressSync(rows), page],
  ["gzip, br", brotliCompressSync(gzip(rows)), page],
  ["br,gzip", gzip(brotliCompressSync(rows)), page],
  ["deflate, gzip, zstd", zstdCompressSync(gzip(deflateSync(rows))), page],
  ["identity", rows, page],
  ["", rows, page],
  [" ", rows, page],
  ["unknown", rows, page],
  ["utf-8", rows, page],
  ["aws-chunked", rows, page],
  ["gzip, unknown", rows, page],
  ["constructor", rows, page],
  // What nobody can read is taken as it stands, which is no JSON.
  ["unknown", gzip(rows), unexpected],
  ["gzip, unknown", gzip(rows), unexpected],
  // Not said to be compressed, and it is; said to be, and it is not.
  ["identity", gzip(rows), unexpected],
  ["gzip", rows, unexpected],
  ["deflate", bytes("\u0001\u0002not deflate"), unexpected],
  ["br", bytes("not brotli at all"), unexpected],
  ["zstd", rows, unexpected],
  ["gzip, br", gzip(rows), unexpected],
  // Damaged on the way into the coding, not on the way here.
  ["gzip", tail(gzip(rows), 40), unexpected],
  ["gzip", join(gzip(rows).subarray(0, 10), bytes("garbage garbage garbage"), gzip(rows).subarray(33)), unexpected],
  ["br", tail(brotliCompressSync(rows), 20), unexpected],
  ["zstd", tail(zstdCompressSync(rows), 20), unexpected],
  ["gzip", gzip(bytes("<html>")), unexpected],
  ["br", brotliCompressSync(bytes("[{]")), unexpected]
]

const coded: ReadonlyArray<Answer> = codings.flatMap(([header, body, expected], index) =>
  (["length", "chunks"] as const).map((ending) => ({
    name: `a list, coding ${index} "${header}", ${ending}`,
    call: "list" as const,
    status: 200,
    headers: [...json, ["content-encoding", header] as const],
    body,
    ending,
    expected
  }))
)

// An error's body is read through its coding too; what cannot be read takes nothing from its status.
const codedErrors: ReadonlyArray<Answer> = (
  [
    ["gzip", gzip(bytes('{"message":"no"}'))],
    ["br", brotliCompressSync(bytes('{"message":"no"}'))],
    ["zstd", zstdCompressSync(bytes('{"message":"no"}'))],
    ["deflate", deflateRawSync(bytes('{"message":"no"}'))],
    ["gzip", bytes('{"message":"no"}')],
    ["br", bytes("not brotli at all")],
    ["unknown", bytes('{"message":"no"}')]
  ] as const
).flatMap(([header, body]) =>
  ([401, 403, 422] as const).map((status) => ({
    name: `an error ${status}, coding "${header}", ${body.length} bytes`,
    call: "create" as const,
    status,
    headers: [...json, ["content-encoding", header] as const],
    body,
    ending: "length" as const,
    expected: rejected(status === 422 ? "InvalidRequest" : "AuthError")
  }))
)

// Bytes, read whole and as they come.
const contents: ReadonlyArray<Answer> = (
  [
    ["gzip", gzip(rows), { value: [...rows] }],
    ["br", brotliCompressSync(rows), { value: [...rows] }],
    ["zstd", zstdCompressSync(rows), { value: [...rows] }],
    ["deflate", deflateRawSync(rows), { value: [...rows] }],
    ["gzip, br", brotliCompressSync(gzip(rows)), { value: [...rows] }],
    ["identity", rows, { value: [...rows] }],
    ["unknown", gzip(rows), { value: [...gzip(rows)] }],
    ["gzip", bytes("this is not gzip"), unexpected],
    ["br", bytes("not brotli at all"), unexpected]
  ] as const
).map(([header, body, expected]) => ({
  name: `content, coding "${header}", ${body.length} bytes`,
  call: "content",
  status: 200,
  headers: [["content-encoding", header]],
  body,
  ending: "chunks",
  expected
}))

// Bodies -------------------------------------------------------------------------------------------------------------

const mark = new Uint8Array([0xef, 0xbb, 0xbf])

/** What a body of 200 comes to, for a list. */
const bodies: ReadonlyArray<readonly [name: string, body: Uint8Array, expected: Expected]> = [
  ["JSON", rows, page],
  ["JSON behind a byte order mark", join(mark, rows), page],
  ["JSON behind white space", join(bytes(" \r\n\t"), rows, bytes("\n\n")), page],
  ["a byte order mark alone", mark, unexpected],
  ["nothing", empty, unexpected],
  ["white space", bytes("  \n"), unexpected],
  ["half of it", rows.subarray(0, 30), unexpected],
  ["something behind it", join(rows, bytes("]")), unexpected],
  ["null", bytes("null"), unexpected],
  ["a number", bytes("1"), unexpected],
  ["a text", bytes('"[]"'), unexpected],
  ["a web page", bytes("<!doctype html><title>Sign in</title>"), unexpected],
  ["another shape", bytes('[{"id":1}]'), unexpected],
  ["an object", bytes('{"constructor":[]}'), unexpected],
  ["UTF-16", Buffer.from("[]", "utf16le"), unexpected],
  ["an empty list", bytes("[]"), { value: [] }],
  [
    "bytes that are no UTF-8, in a text",
    join(bytes(one.slice(0, -1).replace(/^/, "[")), bytes(',"x":"'), new Uint8Array([0xff, 0xc3]), bytes('"}]')),
    { value: [{ ...row, x: "\ufffd\ufffd" }] }
  ],
  [
    "a member named __proto__",
    bytes(`[${one.slice(0, -1)},"__proto__":{"polluted":1}}]`),
    {
      value: [JSON.parse(`${one.slice(0, -1)},"__proto__":{"polluted":1}}`)]
    }
  ]
]

const framed: ReadonlyArray<Answer> = bodies.flatMap(([name, body, expected]) =>
  (["length", "chunks", "close"] as const).map((ending) => ({
    name: `${name}, ${ending}`,
    call: "list" as const,
    status: 200,
    headers: json,
    body,
    ending,
    expected
  }))
)

const types: ReadonlyArray<Answer> = [
  "application/json; charset=utf-8",
  "application/json; charset=iso-8859-1",
  "text/plain",
  "application/octet-stream",
  "",
  "not a type at all"
].map((type) => ({
  name: `JSON of type "${type}"`,
  call: "list",
  status: 200,
  headers: [["content-type", type]],
  body: rows,
  ending: "length",
  expected: page
}))

// Statuses -----------------------------------------------------------------------------------------------------------

const message = bytes('{"message":"no"}')
const server: Expected = { _tag: "ServerError", outcome: "maybe-applied", isRetryable: false }
const strange = (outcome: "rejected" | "maybe-applied"): Expected => ({
  _tag: "UnexpectedResponse",
  outcome,
  isRetryable: false
})

/** What a status comes to for a create; the same with a body and without one. */
const statuses: ReadonlyArray<readonly [status: number, expected: Expected]> = [
  [300, strange("maybe-applied")],
  [301, strange("maybe-applied")],
  [302, strange("maybe-applied")],
  [303, strange("maybe-applied")],
  [304, strange("maybe-applied")],
  [305, strange("maybe-applied")],
  [307, strange("maybe-applied")],
  [308, strange("maybe-applied")],
  [400, rejected("InvalidRequest")],
  [401, rejected("AuthError")],
  [402, rejected("AuthError")],
  [403, rejected("AuthError")],
  [404, strange("rejected")],
  [405, strange("rejected")],
  [406, strange("rejected")],
  [407, strange("rejected")],
  [408, server],
  [411, strange("rejected")],
  [413, rejected("InvalidRequest")],
  [414, strange("rejected")],
  [415, rejected("InvalidRequest")],
  [417, strange("rejected")],
  [418, strange("rejected")],
  [421, strange("rejected")],
  [422, rejected("InvalidRequest")],
  [425, server],
  [426, strange("rejected")],
  [429, { _tag: "RateLimited", outcome: "rejected", isRetryable: true }],
  [431, strange("rejected")],
  [451, strange("rejected")],
  [499, strange("rejected")],
  [500, server],
  [501, server],
  [502, server],
  [503, server],
  [504, server],
  [505, server],
  [511, server],
  [520, server],
  [599, server]
]

const refused: ReadonlyArray<Answer> = statuses.flatMap(([status, expected]) =>
  [message, empty].map((body) => ({
    name: `${status} ${body.length === 0 ? "without a body" : "with a message"}`,
    call: "create" as const,
    status,
    headers: [...json, ["location", "http://127.0.0.1:9/elsewhere"] as const],
    // 304 has none, whatever it says.
    body: status === 304 ? empty : body,
    ending: "length" as const,
    expected: { ...expected, status }
  }))
)

/** Successes that HTTP says something special about. */
const successes: ReadonlyArray<Answer> = (
  [
    ["list", 201, rows, page],
    ["list", 202, rows, page],
    ["list", 203, rows, page],
    // A part, though nobody asked for one.
    ["list", 206, rows, unexpected],
    ["list", 299, rows, page],
    ["list", 204, empty, unexpected],
    ["list", 205, empty, unexpected],
    // These have no body: what stands there is somebody else's.
    ["list", 205, rows, unexpected],
    ["delete", 200, empty, { value: undefined }],
    ["delete", 204, empty, { value: undefined }],
    ["delete", 205, empty, { value: undefined }],
    ["delete", 205, bytes("null"), { value: undefined }],
    ["delete", 200, bytes(one), { value: row }],
    ["delete", 404, message, rejected("NotFound")],
    ["create", 201, bytes(one), { value: row }],
    ["create", 204, empty, strange("maybe-applied")],
    ["content", 204, empty, { value: [] }],
    ["content", 200, empty, { value: [] }],
    ["content", 404, message, rejected("NotFound")],
    ["upload", 201, bytes(one), { value: row }],
    ["upload", 413, message, rejected("InvalidRequest")],
    ["upload", 421, message, strange("rejected")],
    ["list", 421, message, strange("rejected")],
    ["list", 407, message, strange("rejected")],
    ["content", 421, message, strange("rejected")]
  ] as const
).map(([call, status, body, expected]) => ({
  name: `${call}: ${status} with ${body.length} bytes`,
  call,
  status,
  headers: json,
  body,
  ending: "length",
  expected
}))

// Endings ------------------------------------------------------------------------------------------------------------

const broken: ReadonlyArray<Answer> = (["list", "create", "content", "upload", "delete"] as const).flatMap((call) =>
  (["cut", "chunks-cut", "reset", "stall"] as const).map((ending) => ({
    name: `${call}, ${ending}`,
    call,
    status: 200,
    headers: json,
    body: rows,
    ending,
    expected: ending === "stall" ? timedOut(call) : lost(call)
  }))
)

const brokenCodings: ReadonlyArray<Answer> = (
  [
    ["gzip", gzip(rows)],
    ["br", brotliCompressSync(rows)],
    ["zstd", zstdCompressSync(rows)]
  ] as const
).flatMap(([header, body]) =>
  (["cut", "chunks-cut", "stall"] as const).map((ending) => ({
    name: `a list, coding "${header}", ${ending}`,
    call: "list" as const,
    status: 200,
    headers: [...json, ["content-encoding", header] as const],
    body: body.subarray(0, 60),
    ending,
    expected: ending === "stall" ? timedOut("list") : lost("list")
  }))
)

const brokenRefusals: ReadonlyArray<Answer> = (["cut", "chunks-cut", "stall"] as const).flatMap((ending) =>
  (
    [
      [401, rejected("AuthError")],
      [422, rejected("InvalidRequest")],
      [404, strange("rejected")],
      [302, strange("maybe-applied")],
      [503, server]
    ] as const
  ).map(([status, expected]) => ({
    name: `create: ${status}, ${ending}`,
    call: "create" as const,
    status,
    headers: json,
    body: message,
    ending,
    expected: { ...expected, status }
  }))
)

export const answers: ReadonlyArray<Answer> = [
  ...coded,
  ...codedErrors,
  ...contents,
  ...framed,
  ...types,
  ...refused,
  ...successes,
  ...broken,
  ...brokenCodings,
  ...brokenRefusals
]
