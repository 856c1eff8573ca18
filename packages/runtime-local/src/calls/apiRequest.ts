/**
 * `apiRequest` tools: one HTTP request, through the outbound guard.
 *
 * The arguments that the model chose (`input`) may stand in the URL as `{{name}}`, in the body, in the query of a GET and
 * in headers that the tool declares. A host that the model chose must be listed, and a header that speaks in somebody's
 * name is dropped.
 */
import { isOutboundRefused, OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import { isSendable } from "../outbox/headers.ts"
import { bearerOf } from "../outbox/credentials.ts"
import { failureWords } from "../outbox/failureWords.ts"
import { sendRequest } from "../outbox/request.ts"
import type { Store } from "../store/Store.ts"
import { isObject, objectAt, objectOf, type JsonObject } from "../json/object.ts"
import type { ToolResult } from "./tools.ts"
import { fillIn } from "./variables.ts"

/** What requests of tools need. */
export interface ApiRequestContext {
  readonly store: Store
  readonly policy: OutboundPolicy.OutboundPolicyOptions
  readonly allowedHosts: ReadonlyArray<string>
  readonly signal: AbortSignal
}

/** What came of it, with what the log should tell. */
export interface ApiResult extends ToolResult {
  readonly log: JsonObject
}

/** Bytes of an answer that become the tool's result. */
const resultBytes = 20_000

/** Makes the request of a tool. */
export const apiRequest = async (
  context: ApiRequestContext,
  organization: string,
  tool: JsonObject,
  input: JsonObject,
  variables: JsonObject = {}
): Promise<ApiResult> => {
  const template = String(tool["url"] ?? "")
  const values = { ...variables, ...input }
  const { url, dynamicHost } = fill(template, values)
  const seconds = tool["timeoutSeconds"]
  const timeout = (typeof seconds === "number" ? Math.min(300, Math.max(1, seconds)) : 20) * 1000
  let target: OutboundPolicy.CheckedTarget
  try {
    target = await OutboundPolicy.check(url, {
      ...context.policy,
      dynamicHost,
      allowedHosts: context.allowedHosts,
      timeout: Math.min(5000, timeout)
    })
  } catch (error) {
    if (!isOutboundRefused(error)) throw error
    return { ok: false, text: error.message, log: { refused: error.reason._tag } }
  }
  const method = String(tool["method"] ?? "GET").toUpperCase()
  const hasBody = method !== "GET" && method !== "DELETE"
  const headers = headersOf(context.store, organization, tool, input)
  const result = await sendRequest(
    { ...target, url: hasBody ? target.url : withQuery(target.url, tool, input, values) },
    {
      method,
      headers: {
        accept: "application/json",
        ...headers.headers,
        ...(hasBody ? { "content-type": "application/json" } : {})
      },
      body: hasBody ? JSON.stringify(bodyOf(tool, input, values)) : undefined,
      timeout,
      maxBytes: resultBytes,
      signal: context.signal
    }
  )
  const log = { method, host: target.host, address: target.addresses[0]?.address, droppedHeaders: headers.dropped }
  if (result.type === "failure") {
    return { ok: false, text: failureWords(result, target.url), log: { ...log, ms: result.ms } }
  }
  const text = result.body.toString()
  const ok = result.status >= 200 && result.status < 300
  return {
    ok,
    text: ok ? text : `Answered ${result.status}: ${text}`,
    log: { ...log, status: result.status, ms: result.ms }
  }
}

/** Where in a URL the host stands, user info and port included. */
const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i

/** Puts values into a template; a value stays in its place, whatever it contains. */
const fill = (template: string, values: JsonObject) => {
  const host = authority.exec(template)?.[1]
  const dynamicHost = host === undefined || /\{\{/.test(host)
  const cut = dynamicHost ? 0 : template.length - template.replace(authority, "").length
  // Where the host is open nothing is encoded: the guard is to see the model's own text.
  const url = dynamicHost
    ? fillIn(template, values)
    : template.slice(0, cut) + fillIn(template.slice(cut), values, encodeURIComponent)
  return { url, dynamicHost }
}

const properties = (schema: unknown): ReadonlyArray<readonly [string, JsonObject]> => {
  return Object.entries(objectAt(schema, "properties") ?? {}).map(([name, property]) => [name, objectOf(property)])
}

/** A value that the tool itself fixes. */
const fixedValue = (property: JsonObject): unknown => property["value"] ?? property["const"] ?? property["default"]

const headersOf = (store: Store, organization: string, tool: JsonObject, input: JsonObject) => {
  const declared = properties(tool["headers"])
  const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value))
  const entries = (of: (name: string, property: JsonObject) => unknown) =>
    declared.flatMap(([name, property]): ReadonlyArray<readonly [string, string]> => {
      const value = text(of(name, property))
      return value === undefined || !isSendable(name, value) ? [] : [[name.toLowerCase(), value]]
    })
  const own = Object.fromEntries(entries((_, property) => fixedValue(property)))
  const dynamic = Object.fromEntries(
    entries((name, property) =>
      fixedValue(property) === undefined && Object.hasOwn(input, name) ? input[name] : undefined
    )
  )
  const safe = OutboundPolicy.safeHeaders(dynamic)
  return {
    headers: { ...safe.headers, ...own, ...bearerOf(store, organization, tool["credentialId"]) },
    dropped: safe.dropped
  }
}

const fixedParameters = (tool: JsonObject, values: JsonObject): JsonObject => {
  const { parameters } = tool
  return Object.fromEntries(
    (Array.isArray(parameters) ? parameters : []).flatMap((one: unknown) =>
      isObject(one) && typeof one["key"] === "string"
        ? [[one["key"], typeof one["value"] === "string" ? fillIn(one["value"], values) : one["value"]]]
        : []
    )
  )
}

/** What the model gave and the body declares, with what the tool fixes: that wins. */
const bodyOf = (tool: JsonObject, input: JsonObject, values: JsonObject): JsonObject => {
  const declared = properties(tool["body"])
  const chosen =
    declared.length === 0
      ? input
      : Object.fromEntries(
          declared.flatMap(([name, property]) => {
            const value = fixedValue(property) ?? (Object.hasOwn(input, name) ? input[name] : undefined)
            return value === undefined ? [] : [[name, value]]
          })
        )
  return { ...chosen, ...fixedParameters(tool, values) }
}

const withQuery = (url: string, tool: JsonObject, input: JsonObject, values: JsonObject): string => {
  const target = new URL(url)
  const declared = properties(tool["body"]).map(([name]) => name)
  for (const [name, value] of Object.entries({ ...pickOwn(input, declared), ...fixedParameters(tool, values) })) {
    target.searchParams.set(name, typeof value === "string" ? value : JSON.stringify(value))
  }
  return target.href
}

const pickOwn = (input: JsonObject, names: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(names.flatMap((name) => (Object.hasOwn(input, name) ? [[name, input[name]]] : [])))
