/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): same key and same request give the stored answer again.
 *
 * The record commits in the same transaction as the rows that the request wrote: after a crash there are both or
 * neither, so a retry can neither be lost nor done twice.
 */
import * as crypto from "node:crypto"
import type { Answer } from "./answer.ts"
import { HttpError } from "./errors.ts"
import { canonical, canonicalPieces } from "../json/canonical.ts"
import type { Store } from "../store/Store.ts"

/** What a key is remembered under. Two organizations, or two routes, may use the same key. */
export interface IdempotencyScope {
  readonly organization: string
  readonly method: string
  readonly path: string
  readonly key: string
}

/** The records of a runtime. */
export interface Idempotency {
  /**
   * Looks a key up, inside a transaction: gives the stored answer, or `undefined` when the request is to be run.
   * Throws 409 while the first request runs and 422 when the key was used for another request.
   */
  readonly find: (scope: IdempotencyScope, fingerprint: string, mine: boolean) => Answer | undefined
  /** Marks a key as taken by a request that runs over several turns of the event loop. */
  readonly begin: (scope: IdempotencyScope, fingerprint: string) => void
  /** Stores the answer of a request, inside the transaction that did its work. */
  readonly complete: (scope: IdempotencyScope, fingerprint: string, answer: Answer) => void
  /** Gives a key free again: the request came to nothing. */
  readonly release: (scope: IdempotencyScope) => void
  /** After a start: what was in flight when the process died did not happen. */
  readonly recover: () => void
}

interface Stored {
  readonly fingerprint: string
  readonly state: "in_flight" | "done"
  readonly status: number
  readonly headers: string
  readonly body: string
  readonly expires: number
}

/** What a key has made, as far as its answer says. */
const madeBy = ({ state, status, body }: Stored): string => {
  const row: unknown = state === "done" && status === 201 ? JSON.parse(body) : undefined
  const id: unknown = Object(row).id
  return typeof id === "string" ? `: it made ${id}` : ""
}

/** A request that neither ends nor dies within this time has lost its process. */
const leaseMillis = 60_000

/** Records over a store, kept for `ttl` milliseconds of the runtime's clock. */
export const makeIdempotency = (store: Store, now: () => number, ttl: number): Idempotency => {
  if (!(ttl >= 0)) throw new TypeError("idempotencyTtl takes milliseconds, 0 or more")
  const put = (scope: IdempotencyScope, fingerprint: string, answer: Answer | undefined) => {
    // What is over would fill the file as long as the process runs.
    store.run("DELETE FROM idempotency WHERE expires_at <= ?", now())
    store.run(
      `INSERT OR REPLACE INTO idempotency (org_id, method, path, key, fingerprint, state, status, headers, body, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      scope.organization,
      scope.method,
      scope.path,
      scope.key,
      fingerprint,
      answer === undefined ? "in_flight" : "done",
      answer?.status ?? null,
      answer === undefined ? null : JSON.stringify(answer.headers),
      answer?.body ?? null,
      Math.min(Math.round(now() + (answer === undefined ? leaseMillis : ttl)), Number.MAX_SAFE_INTEGER)
    )
  }
  return {
    find: (scope, fingerprint, mine) => {
      const stored = store.get<Stored>(
        `SELECT fingerprint, state, status, headers, body, expires_at AS expires FROM idempotency
         WHERE org_id = ? AND method = ? AND path = ? AND key = ?`,
        scope.organization,
        scope.method,
        scope.path,
        scope.key
      )
      if (stored === undefined || stored.expires <= now()) return undefined
      if (stored.fingerprint !== fingerprint) {
        throw new HttpError(422, `This Idempotency-Key was used before, with another body${madeBy(stored)}`, {
          code: "idempotency_key_reused"
        })
      }
      if (stored.state === "in_flight") {
        if (mine) return undefined
        throw new HttpError(409, "The first request with this Idempotency-Key is still running: try again", {
          code: "idempotency_key_in_use",
          headers: { "retry-after": "1" }
        })
      }
      // Written by `put` above, hence strings to strings.
      const headers = JSON.parse(stored.headers) as Record<string, string>
      return { status: stored.status, headers, body: stored.body }
    },
    begin: (scope, fingerprint) => put(scope, fingerprint, undefined),
    complete: put,
    release: (scope) => {
      store.run(
        "DELETE FROM idempotency WHERE org_id = ? AND method = ? AND path = ? AND key = ? AND state = 'in_flight'",
        scope.organization,
        scope.method,
        scope.path,
        scope.key
      )
    },
    recover: () => {
      store.run("DELETE FROM idempotency WHERE state = 'in_flight' OR expires_at <= ?", now())
    }
  }
}

/**
 * Reads the header. The draft writes a structured string (`"k"`), clients send the bare token: both are one key.
 */
export const parseKey = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new HttpError(400, "Idempotency-Key must be 1 to 255 visible ASCII characters", {
    code: "idempotency_key_invalid"
  })
}

/** A digest of query and body in which the order of keys does not count. */
export const fingerprintOf = (query: URLSearchParams, body: unknown): string => {
  const sorted = [...query].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return crypto.hash("sha256", canonical([sorted, body]), "base64url")
}

/** The same digest in pieces: a bundle of many rows must not hold up everybody else. */
export function* fingerprintInPieces(query: URLSearchParams, body: unknown): Generator<void, string> {
  const sorted = [...query].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const hash = crypto.createHash("sha256")
  for (const piece of canonicalPieces([sorted, body], 4)) {
    hash.update(piece)
    yield
  }
  return hash.digest("base64url")
}
