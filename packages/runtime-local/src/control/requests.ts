/**
 * What reached the runtime: `requests`, paged, one by its id, and sent again.
 */
import * as crypto from "node:crypto"
import * as http from "node:http"
import * as Schema from "effect/Schema"
import { json } from "../http/answer.ts"
import type { Keys } from "../http/auth.ts"
import { HttpError, invalid, notFound } from "../http/errors.ts"
import { answerBytes, type Journal, type OpenEntry, bodyView } from "../http/journal.ts"
import { maskHeaders, withoutUserInfo } from "../json/mask.ts"
import { type ControlRoutes, decode, integerOf, onlyParameters, pageOf, windowOf } from "./route.ts"
import { requestSummary } from "./summaries.ts"

/** What these routes work with. */
export interface RequestsContext {
  readonly journal: Journal
  readonly keys: Keys
  /** Where this runtime listens. */
  readonly address: () => { readonly host: string; readonly port: number }
}

const filters = ["limit", "before", "path", "method", "status", "key", "idempotencyKey", "committed", "text", "changed"]

const ResendBody = Schema.Struct({ newKey: Schema.optional(Schema.Boolean) })

/** The routes. */
export const requestRoutes = (context: RequestsContext): ControlRoutes => {
  const { journal } = context
  const find = (id: string): OpenEntry => {
    const entry = /^\d+$/.test(id) ? journal.find(Number(id)) : undefined
    if (entry === undefined) throw notFound("Request", id)
    return entry
  }
  return {
    "GET requests": ({ query }) => {
      onlyParameters(query, filters)
      const { limit, before } = windowOf(query)
      const committed = query.get("committed")
      const page = journal.page({
        limit: limit + 1,
        before,
        path: query.get("path") ?? undefined,
        method: query.get("method")?.toUpperCase(),
        status: integerOf(query, "status", 0, 999),
        idempotencyKey: query.get("key") ?? query.get("idempotencyKey") ?? undefined,
        committed: committed === null ? undefined : committed === "true",
        text: query.get("text") ?? undefined,
        changed: query.get("changed") ?? undefined
      })
      const items = page.map((entry) => ({ seq: entry.seq, json: JSON.stringify(requestSummary(entry)) }))
      return json(200, pageOf(items, limit))
    },
    "DELETE requests": () => journal.clear(),
    "GET requests/:id": ({ id, query }) => {
      onlyParameters(query, ["show"])
      const show = query.get("show")
      if (show !== null && show !== "secrets") throw invalid(["show: expected secrets"])
      return json(200, JSON.stringify(detailOf(journal, find(id), show === "secrets")))
    },
    "POST requests/:id/resend": async ({ id, body }) => {
      const { newKey = false } = decode(ResendBody, (await body()) ?? {})
      return resend(context, find(id), newKey)
    }
  }
}

const detailOf = (journal: Journal, entry: OpenEntry, show: boolean) => {
  const { headers, body, answer } = entry
  const original = journal.original(entry)
  const view = (value: Buffer | string | OpenEntry["body"]) => {
    if (show && (typeof value === "string" || Buffer.isBuffer(value))) return textOf(value.toString())
    return typeof value === "string" && value.length > answerBytes ? undefined : bodyView(entry, value)
  }
  return {
    ...requestSummary(entry),
    headers: show ? headers : maskHeaders(headers),
    body: Buffer.isBuffer(body) && body.length > answerBytes ? undefined : view(body),
    answer:
      answer === undefined
        ? undefined
        : { status: entry.status, headers: maskHeaders(answer.headers), body: view(answer.body) },
    idempotency:
      entry.idempotencyKey === undefined
        ? undefined
        : { key: entry.idempotencyKey, replayed: entry.replayed, firstId: original && String(original.seq) },
    query: show ? entry.query : withoutUserInfo(entry.query)
  }
}

/** As JSON where it is some, so that a page need not parse it again. */
const textOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Headers that belong to the connection, or that the new request says itself. */
const notRepeated = /^(host|connection|keep-alive|transfer-encoding|content-length|expect|authorization|x-api-key)$/

/**
 * The same request over the runtime's own socket: it goes the whole way, faults included, and is in the journal like any
 * other. Its key was never kept, so it goes under one that is good for this request alone.
 */
const resend = async ({ keys, address }: RequestsContext, entry: OpenEntry, newKey: boolean) => {
  const { method, path, query, body, organization } = entry
  if (body !== undefined && !Buffer.isBuffer(body)) {
    throw new HttpError(409, "The bytes of a file are not kept: upload it again", { code: "body_not_kept" })
  }
  if (body === undefined && Number(entry.headers["content-length"] ?? 0) > 0) {
    throw new HttpError(409, "The body of this request is not kept any more, or was never read", {
      code: "body_not_kept"
    })
  }
  if (organization === undefined) {
    throw new HttpError(409, "Nobody was authenticated in this request: there is no key to send it under", {
      code: "not_authenticated"
    })
  }
  const repeatable = Object.entries(entry.headers).filter(([name]) => !notRepeated.test(name))
  const { idempotencyKey } = entry
  const loan = keys.lend(organization)
  try {
    return await send(address(), {
      method,
      path: query === "" ? path : `${path}?${query}`,
      headers: {
        ...Object.fromEntries(repeatable),
        ...(newKey && idempotencyKey !== undefined ? { "idempotency-key": crypto.randomUUID() } : {}),
        "x-request-id": `req_${crypto.randomBytes(10).toString("hex")}`,
        authorization: `Bearer ${loan.key}`
      },
      body
    })
  } finally {
    loan.end()
  }
}

interface Resent {
  readonly requestId: string
  readonly status: number | null
  readonly error?: string
}

const send = (
  { host, port }: { readonly host: string; readonly port: number },
  options: {
    readonly method: string
    readonly path: string
    readonly headers: http.OutgoingHttpHeaders & { readonly "x-request-id": string }
    readonly body: Buffer | undefined
  }
): Promise<Resent> => {
  const { body, ...rest } = options
  const requestId = options.headers["x-request-id"]
  return new Promise((resolve) => {
    const request = http.request({ host, port, ...rest, agent: false }, (response) => {
      const status = response.statusCode ?? null
      response.on("error", (error) => resolve({ requestId, status, error: error.message }))
      response.on("end", () => resolve({ requestId, status }))
      response.resume()
    })
    // A fault may stall it: whoever resends looks for it in the journal.
    request.setTimeout(30_000, () => request.destroy(new Error("No answer within 30 seconds")))
    request.on("error", (error) => resolve({ requestId, status: null, error: error.message }))
    request.end(body)
  })
}
