/**
 * For each case a runtime that breaks what the case asks: a fault of the local runtime, a looser local runtime, or a real
 * proxy before it (or before the receiver of webhooks). Data: a case without one does not compile.
 */
import type { FaultRule, LocalRuntimeOptions } from "@aywa-ai/runtime-local"
import type { CaseId } from "../src/index.ts"
import type { Changes, ProxyAnswer, ProxyRequest } from "./proxy.ts"

/** What a mutant is made in. */
export interface World {
  readonly apiKey: string
  readonly otherKey: string
}

export interface Mutant {
  readonly rules?: ReadonlyArray<FaultRule>
  readonly options?: LocalRuntimeOptions
  readonly proxy?: (world: World) => Changes
  /** Before the receiver. `receiver` is where that is. */
  readonly relay?: (receiver: string) => Changes
}

type Json = Record<string, unknown>

const jsonOf = (text: string): unknown => {
  try {
    // What passes is in Latin-1, so that bytes stay.
    return JSON.parse(Buffer.from(text, "latin1").toString("utf8"))
  } catch {
    return undefined
  }
}

const textOf = (value: unknown): string => Buffer.from(JSON.stringify(value), "utf8").toString("latin1")

const answering = (status: number, body: unknown, headers: Record<string, string> = {}): ProxyAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: textOf(body)
})

/** Whether a request is of a method and a path; `:id` is one segment. */
const isOf = ({ method, path }: ProxyRequest, where: string): boolean => {
  const [verb = "", pattern = ""] = where.split(" ")
  return method === verb && new RegExp(`^${pattern.replaceAll(":id", "[^/]+")}$`).test(path)
}

/** Changes the answers of one route. */
const answers = (where: string, change: (answer: ProxyAnswer, request: ProxyRequest) => ProxyAnswer): Mutant => ({
  proxy: () => ({ answer: (answer, request) => (isOf(request, where) ? change(answer, request) : answer) })
})

/** Changes every answer. */
const all = (change: (answer: ProxyAnswer, request: ProxyRequest) => ProxyAnswer): Mutant => ({
  proxy: () => ({ answer: change })
})

/** Another status where it was this one. */
const status = (where: string, to: number, from?: number): Mutant =>
  answers(where, (answer) => (from === undefined || answer.status === from ? { ...answer, status: to } : answer))

/** Another body. */
const body = (where: string, change: (json: never) => unknown): Mutant =>
  answers(where, (answer) => ({ ...answer, body: textOf(change(jsonOf(answer.body) as never)) }))

const rowsBody = (where: string, change: (rows: Array<Json>) => unknown): Mutant =>
  body(where, (json: unknown) => (Array.isArray(json) ? change(json) : json))

/** Changes requests. */
const requests = (change: (request: ProxyRequest, world: World) => ProxyRequest | ProxyAnswer): Mutant => ({
  proxy: (world) => ({ request: (request) => change(request, world) })
})

const withHeaders = (request: ProxyRequest, headers: Record<string, string | undefined>): ProxyRequest => ({
  ...request,
  headers: Object.fromEntries(
    Object.entries({ ...request.headers, ...headers }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined
    )
  )
})

const withQuery = (request: ProxyRequest, change: (query: URLSearchParams) => void): ProxyRequest => {
  const query = new URLSearchParams(request.query)
  change(query)
  return { ...request, query }
}

const without = (...names: ReadonlyArray<string>): Mutant =>
  requests((request) => withQuery(request, (query) => names.forEach((name) => query.delete(name))))

const renamed = (from: string, to: string): Mutant =>
  requests((request) =>
    withQuery(request, (query) => {
      const value = query.get(from)
      if (value === null) return
      query.delete(from)
      query.set(to, value)
    })
  )

const withBody = (where: string, change: (json: Json) => unknown): Mutant =>
  requests((request) =>
    isOf(request, where) ? { ...request, body: JSON.stringify(change(JSON.parse(request.body) as Json)) } : request
  )

const noHeader = (name: string, holds: (answer: ProxyAnswer) => boolean = () => true): Mutant =>
  all((answer) =>
    holds(answer)
      ? { ...answer, headers: withHeaders({ headers: answer.headers } as ProxyRequest, { [name]: undefined }).headers }
      : answer
  )

/** A proxy that authenticates by itself. */
const letsIn: Mutant = requests((request, { apiKey }) => withHeaders(request, { authorization: `Bearer ${apiKey}` }))

/** The runtime ignores keys. */
const noKeys: Mutant = requests((request) => withHeaders(request, { "idempotency-key": undefined }))

/** The other organization's key is as good as this one's. */
const oneOrganization: Mutant = requests((request, { apiKey, otherKey }) =>
  request.headers["authorization"] === `Bearer ${otherKey}`
    ? withHeaders(request, { authorization: `Bearer ${apiKey}` })
    : request
)

const errorsAre = (change: (json: Json, answer: ProxyAnswer) => unknown): Mutant =>
  all((answer) =>
    answer.status >= 400 ? { ...answer, body: textOf(change(jsonOf(answer.body) as Json, answer)) } : answer
  )

/** Says that it is done, and does nothing. */
const pretends = (where: string, code = 200): Mutant =>
  requests((request) =>
    isOf(request, where) ? answering(code, { id: request.path.split("/").at(-1), status: "pending" }) : request
  )

const lost = (path: string): Mutant => body(`GET ${path}`, () => ({ data: [] }))

const crud = (path: string) => ({
  create: status(`POST ${path}`, 200, 201),
  read: body(`GET ${path}/:id`, (row: Json) => ({ ...row, aywaOther: 1 })),
  change: body(`PATCH ${path}/:id`, (row: Json) => ({ ...row, createdAt: "2020-01-01T00:00:00.000Z" })),
  delete: pretends(`DELETE ${path}/:id`)
})

const [assistant, tool, credential, endpoint, output, number] = [
  "/assistant",
  "/tool",
  "/credential",
  "/webhook-endpoint",
  "/structured-output",
  "/phone-number"
].map(crud) as [
  ReturnType<typeof crud>,
  ReturnType<typeof crud>,
  ReturnType<typeof crud>,
  ReturnType<typeof crud>,
  ReturnType<typeof crud>,
  ReturnType<typeof crud>
]

const badRows = (path: string): Mutant =>
  requests((request) => (isOf(request, `GET ${path}`) ? answering(200, [{ id: 7 }]) : request))

/** A walk never meets one of the rows. */
const missesOne: Mutant = answers("GET /assistant", (answer, { query }) =>
  query.has("createdAtGe")
    ? {
        ...answer,
        body: textOf(
          (jsonOf(answer.body) as ReadonlyArray<Json>).filter(({ name }) => !String(name).endsWith("walk-03"))
        )
      }
    : answer
)

/** Answers show the secret that a request brought. */
const shows = (where: string): Mutant => ({
  proxy: () => {
    let secret = ""
    return {
      request: (request) => {
        secret = /canary-\w+-b71e5d/.exec(request.body)?.[0] ?? secret
        return request
      },
      answer: (answer, request) =>
        isOf(request, where)
          ? {
              ...answer,
              body: answer.body
                .replace(/[}\]]\s*$/, (end) => `,"shown":"${secret}"${end}`)
                .replace(/,"shown":"[^"]*"\]$/, `,{"shown":"${secret}"}]`)
            }
          : answer
    }
  }
})

const mappings = (change: (mapping: Json) => Json): Mutant =>
  body("POST /imports/vapi", (json: Json) => ({
    ...json,
    mappings: (json["mappings"] as ReadonlyArray<Json> | undefined)?.map(change)
  }))

/** Each delivery changed on its way. */
const delivery = (change: (request: ProxyRequest, nth: number) => ProxyRequest): Mutant => ({
  relay: () => {
    let count = 0
    return { request: (request) => change(request, count++) }
  }
})

const message = (change: (message: Json) => unknown): Mutant =>
  delivery((request) => ({ ...request, body: JSON.stringify(change(JSON.parse(request.body) as Json)) }))

const once: Mutant = { options: { webhookSchedule: [] } }

const reached: Mutant = body("GET /logs/webhooks/:id", (job: Json) => ({
  ...job,
  attempts: (job["attempts"] as ReadonlyArray<Json> | undefined)?.map((attempt) => ({ ...attempt, statusCode: 200 }))
}))

export const mutants: { readonly [Id in CaseId]: Mutant } = {
  "auth.key": { rules: [{ match: { path: "/assistant" }, action: { type: "status", code: 401 } }] },
  "auth.none": letsIn,
  "auth.unknown": letsIn,
  "auth.basic": letsIn,
  "auth.empty": letsIn,
  "auth.query": requests((request) => {
    const key = request.query.get("apiKey")
    const names = ["apiKey", "api_key", "access_token"]
    const bare = withQuery(request, (query) => names.forEach((name) => query.delete(name)))
    return key === null ? request : withHeaders(bare, { authorization: `Bearer ${key}` })
  }),
  "auth.x-api-key": requests((request) => withHeaders(request, { "x-api-key": undefined })),
  "auth.both-different": requests((request) => {
    const key = request.headers["x-api-key"]
    return key === undefined ? request : withHeaders(request, { authorization: `Bearer ${key}` })
  }),
  "auth.organization": requests((request) => withHeaders(request, { "x-organization-id": undefined })),
  "auth.foreign-row": status("GET /assistant/:id", 403, 404),
  "auth.other-organization": oneOrganization,
  "auth.trace": requests((request) => (request.method === "TRACE" ? answering(200, request.headers) : request)),
  "auth.cors": requests((request) =>
    request.method === "OPTIONS" ? { status: 204, headers: { "access-control-allow-origin": "*" }, body: "" } : request
  ),
  "auth.no-echo": all((answer, { headers }) =>
    answer.status === 401 ? { ...answer, body: textOf({ message: headers["authorization"] }) } : answer
  ),
  "auth.challenge": noHeader("www-authenticate"),

  "transport.health": { rules: [{ match: { path: "/health" }, action: { type: "status", code: 401 } }] },
  "transport.ready": { rules: [{ match: { path: "/readyz" }, action: { type: "html", code: 502 } }] },
  "transport.request-id": noHeader("x-request-id", ({ status }) => status < 400),
  "transport.request-id-error": noHeader("x-request-id", ({ status }) => status >= 400),
  "transport.content-type": all((answer) => ({
    ...answer,
    headers: { ...answer.headers, "content-type": "text/html" }
  })),
  "transport.gzip": all((answer, { headers }) =>
    headers["accept-encoding"] === "gzip" ? { ...answer, body: textOf({ packed: "?" }) } : answer
  ),
  "transport.head": requests((request) =>
    request.method === "HEAD" ? { status: 404, headers: {}, body: "" } : request
  ),
  "transport.method": requests((request) => (request.method === "PUT" ? answering(200, {}) : request)),
  "transport.too-large": status("POST /assistant", 500, 413),
  "transport.media-type": status("POST /assistant", 201, 415),
  "transport.keep-alive": all((answer) => ({ ...answer, headers: { ...answer.headers, connection: "close" } })),
  "transport.trailing-slash": requests((request) =>
    request.path === "/assistant/" ? answering(301, {}, { location: "/assistant" }) : request
  ),
  "transport.duplicate-query": requests((request) =>
    request.query.getAll("limit").length > 1 ? answering(500, {}) : request
  ),
  "transport.bad-path": requests((request) => (request.path.includes("%ff") ? answering(500, {}) : request)),
  "transport.unknown-route": requests((request) =>
    request.path.includes("no-such-route") ? answering(200, {}) : request
  ),
  "transport.utf8": body("POST /assistant", (row: Json) => ({
    ...row,
    firstMessage: String(row["firstMessage"]).replaceAll(/[^ -~]/g, "?")
  })),
  "transport.nul": requests((request) => (request.body.includes(String.raw`\u0000`) ? answering(500, {}) : request)),

  "lists.shape-assistant": lost("/assistant"),
  "lists.shape-phone-number": lost("/phone-number"),
  "lists.shape-tool": lost("/tool"),
  "lists.shape-call": lost("/call"),
  "lists.shape-credential": lost("/credential"),
  "lists.shape-webhook-endpoint": lost("/webhook-endpoint"),
  "lists.shape-file": lost("/file"),
  "lists.shape-structured-output": lost("/structured-output"),
  "lists.shape-import": lost("/imports"),
  "lists.shape-webhook-log": lost("/logs/webhooks"),
  "lists.created-gt": without("createdAtGt"),
  "lists.created-ge": without("createdAtGe"),
  "lists.created-lt": without("createdAtLt"),
  "lists.created-le": renamed("createdAtLe", "createdAtLt"),
  "lists.updated-gt": without("updatedAtGt"),
  "lists.updated-ge": without("updatedAtGe"),
  "lists.updated-lt": without("updatedAtLt"),
  "lists.updated-le": renamed("updatedAtLe", "updatedAtLt"),
  "lists.limit": without("limit"),
  "lists.limit-zero": without("limit"),
  "lists.limit-most": requests((request) =>
    request.query.get("limit") === "1000" ? answering(400, { message: "limit" }) : request
  ),
  "lists.limit-over": without("limit"),
  "lists.capped": requests((request) =>
    withQuery(request, (query) => query.set("limit", String(Math.min(2, Number(query.get("limit") ?? 2)))))
  ),
  "lists.unknown-filter": without("aywaNoSuchFilter"),
  "lists.bad-time": without("createdAtGt"),
  "lists.newest": rowsBody("GET /assistant", (rows) => rows.toReversed()),
  "lists.walk": missesOne,
  "lists.walk-inserting": missesOne,
  "lists.instant": missesOne,
  "lists.cursor-foreign": without("cursor"),
  "lists.cursor-nonsense": without("cursor"),
  "lists.total": body("GET /structured-output", () => ({
    results: [],
    metadata: { currentPage: 1, itemsPerPage: 2, totalItems: -1 }
  })),

  "rows.assistant-create": assistant.create,
  "rows.assistant-read": assistant.read,
  "rows.assistant-change": assistant.change,
  "rows.assistant-delete": assistant.delete,
  "rows.tool-create": tool.create,
  "rows.tool-read": tool.read,
  "rows.tool-change": tool.change,
  "rows.tool-delete": tool.delete,
  "rows.credential-create": credential.create,
  "rows.credential-read": credential.read,
  "rows.credential-change": credential.change,
  "rows.credential-delete": credential.delete,
  "rows.webhook-endpoint-create": endpoint.create,
  "rows.webhook-endpoint-read": endpoint.read,
  "rows.webhook-endpoint-change": endpoint.change,
  "rows.webhook-endpoint-delete": endpoint.delete,
  "rows.structured-output-create": output.create,
  "rows.structured-output-read": output.read,
  "rows.structured-output-change": output.change,
  "rows.structured-output-delete": output.delete,
  "rows.phone-number-create": number.create,
  "rows.phone-number-read": number.read,
  "rows.phone-number-change": number.change,
  "rows.phone-number-delete": number.delete,
  "rows.decode-assistants": badRows("/assistant"),
  "rows.decode-tools": badRows("/tool"),
  "rows.decode-phone-numbers": badRows("/phone-number"),
  "rows.decode-credentials": badRows("/credential"),
  "rows.decode-calls": badRows("/call"),
  "rows.nested": withBody("PATCH /assistant/:id", ({ model, ...rest }) => ({
    ...rest,
    model: { temperature: 0.5, ...(model as Json) }
  })),
  "rows.null-clears": withBody("PATCH /assistant/:id", () => ({})),
  "rows.unknown-field": { options: { strict: false } },
  "rows.owned-field": requests((request) =>
    request.body.includes("aywa-own-id") ? answering(201, JSON.parse(request.body)) : request
  ),
  "rows.owned-change": requests((request) =>
    request.body.includes("aywa-own-org") ? answering(200, JSON.parse(request.body)) : request
  ),
  "rows.delete-twice": status("DELETE /assistant/:id", 200, 404),
  "rows.pinned": status("DELETE /assistant/:id", 200, 409),
  "rows.etag": noHeader("etag"),
  "rows.if-match": requests((request) => withHeaders(request, { "if-match": undefined })),
  "rows.if-match-holds": requests((request) =>
    request.headers["if-match"] === undefined ? request : answering(412, { message: "no" })
  ),
  "rows.wrong-type": status("POST /assistant", 500, 400),
  "rows.dangling": { options: { strict: false } },
  "rows.duplicate": status("POST /phone-number", 201, 409),

  "idempotency.same-key": noKeys,
  "idempotency.same-status": answers("POST /assistant", (answer) =>
    answer.headers["idempotency-replayed"] === "true" ? { ...answer, status: 200 } : answer
  ),
  "idempotency.replayed": noHeader("idempotency-replayed"),
  "idempotency.replay-request-id": all((answer) => ({
    ...answer,
    headers: { ...answer.headers, "x-request-id": "one" }
  })),
  "idempotency.key-order": noKeys,
  "idempotency.other-body": noKeys,
  "idempotency.at-once": noKeys,
  "idempotency.in-flight": {
    rules: [{ match: { method: "POST", path: "/assistant" }, sequence: ["pass", { type: "status", code: 409 }] }]
  },
  "idempotency.lost-answer": noKeys,
  "idempotency.per-path": status("POST /tool", 422, 201),
  "idempotency.per-organization": oneOrganization,
  "idempotency.longest-key": requests((request) =>
    request.headers["idempotency-key"]?.length === 255 ? answering(400, { message: "long" }) : request
  ),
  "idempotency.too-long-key": requests((request) =>
    withHeaders(request, { "idempotency-key": request.headers["idempotency-key"]?.slice(0, 255) })
  ),
  "idempotency.bad-key": requests((request) =>
    withHeaders(request, { "idempotency-key": request.headers["idempotency-key"]?.split(" ")[0] })
  ),
  "idempotency.quoted-key": noKeys,
  "idempotency.after-refusal": {
    proxy: () => {
      const used = new Set<string>()
      return {
        answer: (answer, { headers }) => {
          const key = headers["idempotency-key"] ?? ""
          const before = used.has(key)
          used.add(key)
          return before ? answering(422, { message: "used" }) : answer
        }
      }
    }
  },
  "idempotency.ttl": {},

  "errors.body": errorsAre(() => ({})),
  "errors.status-code": errorsAre((json) => ({ ...json, statusCode: 1 })),
  "errors.request-id": errorsAre((json) => ({ ...json, requestId: "another" })),
  "errors.bad-request": status("GET /assistant", 500, 400),
  "errors.not-found": status("GET /call/:id", 400, 404),
  "errors.no-html": all((answer) =>
    answer.status >= 400 ? { ...answer, body: "<html><body>Bad</body></html>" } : answer
  ),
  "errors.no-stack": errorsAre((json) => ({ ...json, stack: "Error\n    at run (/srv/app/index.js:1:1)" })),
  "errors.list-of-issues": errorsAre((json) => ({ ...json, message: "firstMessage is wrong" })),
  "errors.invalid-json": status("POST /assistant", 500, 400),
  "errors.retry-after": all((answer) => ({ ...answer, headers: { ...answer.headers, "retry-after": "soon" } })),
  "errors.rate-limit": all((answer) => ({ ...answer, headers: { ...answer.headers, ratelimit: "many" } })),
  "errors.problem": requests((request) =>
    request.headers["accept"]?.includes("problem") === true ? answering(406, {}) : request
  ),

  "credentials.create": shows("POST /credential"),
  "credentials.get": shows("GET /credential/:id"),
  "credentials.list": shows("GET /credential"),
  "credentials.change": shows("PATCH /credential/:id"),
  "credentials.error": shows("POST /credential"),
  "credentials.write-back": status("PATCH /credential/:id", 400),

  "imports.minimal": status("POST /imports/vapi", 200),
  "imports.twice": mappings((mapping) => ({ ...mapping, action: "created" })),
  "imports.changed": mappings((mapping) => ({ ...mapping, action: "unchanged" })),
  "imports.circle": body("GET /tool/:id", (row: Json) => ({
    ...row,
    destinations: [{ type: "assistant", assistantId: "source" }]
  })),
  "imports.get": { rules: [{ match: { method: "GET", path: "/imports/:id" }, action: { type: "status", code: 404 } }] },
  "imports.mappings": { rules: [{ match: { path: "/imports/:id/mappings" }, action: { type: "status", code: 404 } }] },
  "imports.secrets": mappings((mapping) => ({ ...mapping, warnings: [] })),
  "imports.dangling": body("GET /assistant/:id", (row: Json) => ({ ...row, model: { provider: "openai" } })),
  "imports.alias": { rules: [{ match: { path: "/import/vapi" }, action: { type: "status", code: 404 } }] },
  "imports.source": { rules: [{ match: { method: "POST", path: "/imports" }, action: { type: "status", code: 404 } }] },
  "imports.refused": status("POST /imports/vapi", 201, 400),

  "calls.get": { rules: [{ match: { path: "/call/:id" }, action: { type: "status", code: 404 } }] },
  "calls.timeline": { rules: [{ match: { path: "/call/:id/timeline" }, action: { type: "status", code: 404 } }] },
  "calls.logs": { rules: [{ match: { path: "/call/:id/logs" }, action: { type: "status", code: 404 } }] },
  "calls.costs": { rules: [{ match: { path: "/call/:id/costs" }, action: { type: "status", code: 404 } }] },
  "calls.voice-pipeline": {
    rules: [{ match: { path: "/call/:id/voice-pipeline" }, action: { type: "status", code: 404 } }]
  },
  "calls.web": status("POST /call/web", 200),
  "calls.phone": { rules: [{ match: { path: "/call/phone" }, action: { type: "status", code: 404 } }] },
  "calls.control": { rules: [{ match: { path: "/call/:id/control" }, action: { type: "status", code: 404 } }] },
  "calls.wait": body("GET /call/:id", (row: Json) => ({ ...row, endedReason: undefined })),
  "calls.control-ended": status("POST /call/:id/control", 200, 409),
  "calls.delete": pretends("DELETE /call/:id"),

  "webhooks.delivered": { rules: [{ action: "drop" }], ...once },
  "webhooks.envelope": message((json) => json["message"]),
  "webhooks.timestamp": message((json) => ({ message: { ...(json["message"] as Json), timestamp: "never" } })),
  "webhooks.call-id": message((json) => ({ message: { ...(json["message"] as Json), call: { id: "another" } } })),
  "webhooks.signature": { rules: [{ action: "bad-signature" }] },
  "webhooks.fresh": { rules: [{ action: { type: "old-timestamp", seconds: 1000 } }] },
  "webhooks.id": delivery((request) => withHeaders(request, { "webhook-id": "one" })),
  "webhooks.server-error": once,
  "webhooks.closed": once,
  "webhooks.same-id": delivery((request, nth) => withHeaders(request, { "webhook-id": `evt_${nth}` })),
  "webhooks.signed-anew": { rules: [{ action: { type: "old-timestamp", seconds: 120 } }] },
  "webhooks.retry-after": { relay: () => ({ answer: (answer) => ({ ...answer, headers: {} }) }) },
  "webhooks.no-redirect": {
    relay: (receiver) => ({
      answer: async (answer) => {
        const to = answer.headers["location"]
        if (to !== undefined) await fetch(receiver + to, { method: "POST", body: "{}" }).catch(() => undefined)
        return answer
      }
    })
  },
  "webhooks.log": body("GET /logs/webhooks", (json: Json) => ({
    ...json,
    items: (json["items"] as ReadonlyArray<Json>).map((job) => ({ ...job, type: undefined }))
  })),
  "webhooks.log-attempts": body("GET /logs/webhooks/:id", (job: Json) => ({ ...job, attempts: [] })),
  "webhooks.replay": pretends("POST /logs/webhooks/:id/replay", 202),
  "webhooks.retry": { ...pretends("POST /logs/webhooks/jobs/:id/retry", 202), options: { webhookSchedule: [600] } },
  "webhooks.retry-succeeded": status("POST /logs/webhooks/jobs/:id/retry", 202, 409),
  "webhooks.endpoint": withBody("POST /webhook-endpoint", (json) => ({ ...json, enabled: false })),
  "webhooks.private-metadata": reached,
  "webhooks.private-decimal": reached,
  "webhooks.private-mapped": reached,
  "webhooks.private-userinfo": reached
}
