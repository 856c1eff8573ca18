/**
 * What a caller can learn about a call while it runs and after it. The answer is kept, and described when asked for:
 * few callers ask, and reading headers costs more than all the rest of a record.
 */
import type { ResponseInfo } from "./CallOptions.ts"
import type { Outcome } from "../errors/Errors.ts"
import { requestIdOf } from "./message.ts"
import type { Secrets } from "./redact.ts"
import type { Request } from "./request.ts"
import type { WireHead } from "../transport/port.ts"

export class CallRecord {
  /** Attempts begun. */
  attempts = 0
  /** What it would mean if the call ended now without an answer. */
  outcome: Outcome = "not-sent"
  idempotencyKey: string | undefined
  idempotencyScope: string | undefined
  private head: WireHead | undefined
  private secrets: Secrets | undefined

  begun(attempt: number, outcome: Outcome, request: Pick<Request, "idempotencyKey" | "position">): void {
    this.attempts = attempt + 1
    this.outcome = outcome
    this.idempotencyKey = request.idempotencyKey
    this.idempotencyScope = request.position?.scope
  }

  /** The transport has sent more than it was told to: so many attempts there were. */
  counted(attempts: number): void {
    this.attempts = attempts
  }

  /** An attempt failed, and the call goes on or ends with this. */
  failed(outcome: Outcome): void {
    this.outcome = outcome
  }

  ended(response: WireHead, secrets: Secrets): void {
    // Not the response itself: a promise that is kept would keep the body's text too.
    const { status, header, headers } = response
    this.head = { status, header, headers }
    this.secrets = secrets
  }

  /** Takes what the call sent out of a text about its answer. */
  redact(text: string): string {
    return this.secrets?.redact(text) ?? text
  }

  /** The answer; `undefined` until there is one. */
  get info(): ResponseInfo | undefined {
    const { head, secrets, attempts, idempotencyKey } = this
    if (head === undefined || secrets === undefined) return undefined
    return {
      status: head.status,
      requestId: requestIdOf(head, (text) => secrets.redact(text)),
      attempts,
      idempotencyKey,
      replayed: head.header("idempotency-replayed") === "true",
      get headers() {
        const values = Object.entries(head.headers())
        return Object.fromEntries(values.map((field) => field.map((text) => secrets.redactKeys(text))))
      }
    }
  }
}
