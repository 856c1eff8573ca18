/** Every place of an answer that can repeat what was sent, as the bytes of an answer. */

/** What is called. `content` and `contentStream` read bytes, `metrics` text, `list` rows. `request` is a route of one's own. */
export type Operation = "get" | "request" | "list" | "create" | "metrics" | "content" | "contentStream"

export interface Place {
  readonly name: string
  readonly operations: ReadonlyArray<Operation>
  /** The answer, out of everything that was sent in all its forms, and out of one secret as it is. */
  readonly answer: (echo: string, secret: string) => string | Buffer
  /** Whether the connection ends with it: an answer that is cut. */
  readonly cut?: boolean
  /** The first of two attempts; otherwise there is one. */
  readonly retried?: boolean
}

type Headers = Readonly<Record<string, string>>

const http = (status: number, headers: Headers, body: string, reason = "Reason"): string => {
  const own = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(own).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("\r\n")}\r\n\r\n${body}`
}

const statuses = [400, 401, 402, 403, 404, 408, 409, 410, 412, 413, 415, 418, 422, 425, 429, 500, 501, 502, 503]

/** The envelopes of error bodies. */
const envelopes: Readonly<Record<string, (echo: string, secret: string) => string>> = {
  message: (echo) => JSON.stringify({ message: echo }),
  "list of messages": (echo, secret) => JSON.stringify({ message: [secret, echo], error: "Bad Request" }),
  detail: (echo) => JSON.stringify({ detail: echo }),
  error: (_, secret) => JSON.stringify({ message: "no", error: secret, statusCode: 400 }),
  code: (_, secret) => JSON.stringify({ message: "no", code: secret }),
  nested: (echo) => JSON.stringify({ error: { message: echo, code: echo } }),
  key: (echo) => JSON.stringify({ [echo]: echo }),
  string: (echo) => JSON.stringify(echo),
  text: (echo) => echo,
  "web page": (echo) => `<!doctype html><title>${echo}</title><pre>${echo}</pre>`,
  "long message": (echo, secret) =>
    JSON.stringify({ message: `${"x".repeat(1990)}${secret} ${"y".repeat(20_000)}${echo}` })
}

const headers = [
  "x-request-id",
  "content-type",
  "content-encoding",
  "retry-after",
  "x-should-retry",
  "idempotency-replayed",
  "location",
  "www-authenticate",
  "set-cookie",
  "server",
  "warning",
  "x-echo"
]

const get: ReadonlyArray<Operation> = ["get"]
const readers: ReadonlyArray<Operation> = ["get", "list", "create", "metrics", "content", "contentStream"]
const row = { id: "a1", orgId: "o1", createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" }

export const places: ReadonlyArray<Place> = [
  { name: "reason of 400", operations: get, answer: (echo) => http(400, {}, "{}", echo) },
  { name: "reason of 200", operations: get, answer: (echo) => http(200, {}, "[]", echo) },
  { name: "status line that is none", operations: readers, answer: (echo) => `${echo}\r\n\r\n`, cut: true },
  { name: "status that is none", operations: get, answer: (echo) => `HTTP/1.1 ${echo}\r\n\r\n`, cut: true },
  { name: "header that is none", operations: get, answer: (echo) => `HTTP/1.1 200 OK\r\n${echo}\r\n\r\n`, cut: true },
  {
    name: "length that is none",
    operations: readers,
    answer: (echo) => `HTTP/1.1 200 OK\r\ncontent-length: ${echo}\r\n\r\n{}`,
    cut: true
  },
  {
    name: "chunk that is none",
    operations: readers,
    answer: (echo) => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${echo}\r\n`,
    cut: true
  },
  ...headers.flatMap((name): ReadonlyArray<Place> => [
    { name: `${name} of 400`, operations: ["get", "content"], answer: (echo) => http(400, { [name]: echo }, "{}") },
    { name: `${name} of 302`, operations: get, answer: (echo) => http(302, { [name]: echo }, "") },
    { name: `${name} of an unexpected 200`, operations: readers, answer: (echo) => http(200, { [name]: echo }, "{") },
    { name: `${name} of 200`, operations: get, answer: (echo) => http(200, { [name]: echo }, JSON.stringify(row)) }
  ]),
  ...statuses.flatMap((status) =>
    Object.entries(envelopes)
      // What is read of a body depends little on the status: all of them for those that are read differently.
      .filter(([name]) => [400, 409, 418, 500].includes(status) || ["message", "code"].includes(name))
      .map(([name, body]): Place => ({
        name: `${name} of ${status}`,
        operations: status === 409 ? ["create"] : get,
        answer: (echo, secret) => http(status, {}, body(echo, secret))
      }))
  ),
  {
    name: "message of 503, tried again",
    operations: get,
    answer: (echo) => http(503, { "retry-after": "0", "x-request-id": echo }, JSON.stringify({ message: echo })),
    retried: true
  },
  ...Object.entries({
    "wrong value": (echo: string) => JSON.stringify({ ...row, id: 1, name: echo }),
    "wrong value in a list": (echo: string) => JSON.stringify([{ ...row, id: null, name: echo, [echo]: echo }]),
    "another shape": (echo: string) => JSON.stringify({ [echo]: { [echo]: echo } }),
    "a record's keys": (echo: string) => JSON.stringify({ ...row, metadata: echo, server: { headers: { [echo]: 1 } } }),
    "instant of a list": (echo: string) =>
      JSON.stringify(Array.from({ length: 1000 }, () => ({ ...row, createdAt: echo }))),
    "web page": (echo: string) => `<html>${echo}</html>`,
    text: (echo: string) => echo
  }).map(([name, body]): Place => ({
    name: `200 with ${name}`,
    operations: ["get", "list", "create", "request"],
    answer: (echo) => http(200, {}, body(echo))
  })),
  {
    name: "200 with a web page in the place of text",
    operations: ["metrics"],
    answer: (echo) => http(200, { "content-type": `text/html; ${echo}` }, `<html>${echo}</html>`)
  },
  {
    name: "body that is cut",
    operations: readers,
    answer: (echo) => http(200, { "content-length": "1000000" }, JSON.stringify({ ...row, name: echo })),
    cut: true
  },
  {
    name: "error body that is cut",
    operations: readers,
    answer: (echo) => http(500, { "content-length": "1000000" }, JSON.stringify({ message: echo })),
    cut: true
  },
  {
    name: "body that is no gzip",
    operations: readers,
    answer: (echo) => http(200, { "content-encoding": "gzip" }, echo)
  }
]
