/**
 * Headers that a server object adds to a delivery.
 */
import * as http from "node:http"
import type { Store } from "../store/Store.ts"
import { isObject, objectOf } from "../json/object.ts"
import { bearerOf } from "./credentials.ts"
import type { Job } from "./jobs.ts"

/** An operator may add headers, but not those that the signature, the framing or the attempt's marks stand in. */
const reserved =
  /^(webhook-|svix-|x-aywa-|content-|(user-agent|host|connection|keep-alive|transfer-encoding|trailer|te|upgrade|expect)$)/i

/** Headers as they are sent, and as the log may show them. */
export const serverHeaders = (store: Store, job: Job) => {
  const server: unknown = JSON.parse(job.server)
  const headers: Record<string, string> = {}
  if (!isObject(server)) return { headers, masked: headers }
  const { credentialId, secret } = server
  const all: ReadonlyArray<readonly [string, unknown]> = [
    ...Object.entries(bearerOf(store, job.organization, credentialId)),
    // What receivers of the source platform check.
    ["x-vapi-secret", secret],
    // Last: an Authorization among them replaces that of the credential.
    ...Object.entries(objectOf(server["headers"]))
  ]
  for (const [name, value] of all) {
    if (isSendable(name, value) && !reserved.test(name)) headers[name.toLowerCase()] = value
  }
  return { headers, masked: Object.fromEntries(Object.entries(headers).map(mask)) }
}

/** Whether Node would put a header on the wire; it throws where not. */
export const isSendable = (name: string, value: unknown): value is string => {
  if (typeof value !== "string") return false
  try {
    http.validateHeaderName(name)
    http.validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

/** The log shows which headers a server adds, and none of their values: any of them may be a key. */
const mask = ([name]: readonly [string, string]): readonly [string, string] => [name, "***"]
