/**
 * What a caller can learn about a call while it runs and after it. The answer is kept, and described when asked for:
 * few callers ask, and reading headers costs more than all the rest of a record.
 */
import type { ResponseInfo } from "./CallOptions.ts"
import type { Outcome } from "../errors/Errors.ts"
import { requestIdOf } from "./message.ts"
import type { Secrets } from "./redact.ts"
import type { Request } from "./request.ts"
import type { WireHead, WireProgress } from "../transport/port.ts"

export class CallRecord {
  /** Attempts begun. */
  attempts = 0
  private ifSent: Outcome = "not-sent"
  /** What the attempts before the one under way mean. */
  private before: Outcome = "not-sent"
  /** What makes the attempt that is under way. */
  private sender: { readonly progress: WireProgress | undefined } | undefined
  idempotencyKey: string | undefined
  idempotencyScope: string | undefined
  private head: WireHead | undefined
  private secrets: Secrets | undefined

  /** What it would mean if the call ended now without an answer. */
  get outcome(): Outcome {
    return this.sender?.progress?.sent === "no" ? this.before : this.ifSent
  }

  begun(
    attempt: number,
    outcome: Outcome,
    request: Pick<Request, "idempotencyKey" | "position">,
    sender: { readonly progress: WireProgress | undefined }
  ): void {
    this.attempts = attempt + 1
    this.before = this.ifSent
    this.ifSent = outcome
    this.sender = sender
    this.idempotencyKey = request.idempotencyKey
    this.idempotencyScope = request.position?.scope
  }

  /** The transport has sent more than it was told to: so many attempts there were. */
  counted(attempts: number): void {
    this.attempts = attempts
  }

  /** An attempt failed, and the call goes on or ends with this. */
  failed(outcome: Outcome): void {
    this.ifSent = outcome
    this.sender = undefined
  }

  /** Nothing is under way any more: what was sent need not be kept. */
  left(): void {
    this.ifSent = this.outcome
    this.sender = undefined
  }

  ended(response: WireHead, secrets: Secrets): void {
    // Not the response itself: a promise that is kept would keep the body's text too.
    const { status, header, headers } = response
    this.head = { status, header, headers }
    this.sender = undefined
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
