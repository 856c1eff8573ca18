/**
 * `webhooks verify` and `webhooks sign`: both work offline.
 */
import {
  isWebhookVerificationError,
  signAywaRuntimeWebhook,
  verifyAywaRuntimeWebhook
} from "@aywa-ai/runtime-sdk/webhooks"
import { exitCodes, usage } from "../core/failure.ts"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import { fields } from "../core/table.ts"
import { diagnose } from "./diagnose.ts"
import { readBytes, readRequest } from "./request.ts"
import { webhookSecret } from "./secret.ts"

/** What `webhooks verify` takes. */
export interface VerifyInput {
  readonly file: string
  readonly header: ReadonlyArray<string>
  readonly at: string | undefined
  readonly tolerance: number | undefined
  readonly ignoreAge: boolean
}

/** Verifies a stored request; says why it fails. Exit code 1 if it does. */
export const verify = async (input: VerifyInput, session: Session): Promise<number> => {
  const { out, settings } = session
  const secret = webhookSecret(settings)
  const request = await readRequest(input.file, input.header)
  const at = timeOf(input.at)
  try {
    const event = verifyAywaRuntimeWebhook({
      headers: request.headers,
      body: request.body,
      secret,
      toleranceSeconds: input.ignoreAge ? "disabled" : input.tolerance,
      now: at === undefined ? undefined : () => at.getTime()
    })
    const type = event.message.type === "unknown" ? event.message.of : event.message.type
    const result = {
      ok: true,
      id: event.id,
      type,
      scheme: event.scheme,
      attemptAt: event.attemptAt.toISOString(),
      bytes: request.body.length
    }
    out.result(result, () => `${out.paint("green", "verified")}\n${fields({ ...result, ok: undefined }, out.paint)}`)
    return exitCodes.ok
  } catch (error) {
    if (!isWebhookVerificationError(error)) throw error
    const reason = error.reason
    const cause = reason._tag === "SignatureMismatch" ? diagnose(request, secret) : undefined
    const next =
      reason._tag === "TimestampTooOld"
        ? "A stored request is always old: --ignore-age judges the signature alone, --at TIME judges as of then."
        : undefined
    const result = {
      ok: false,
      reason: reason._tag,
      message: error.message,
      finding: cause ?? null,
      handlerStatus: error.httpStatus,
      hint: next ?? null
    }
    out.result(result, () =>
      [
        `${out.paint("red", "refused")}: ${error.message}`,
        ...(cause === undefined ? [] : [`Found: ${cause}.`]),
        ...(next === undefined ? [] : [next]),
        `A handler answers this with ${error.httpStatus}.`
      ].join("\n")
    )
    return exitCodes.differences
  }
}

/** What `webhooks sign` takes. */
export interface SignInput {
  readonly file: string
  readonly id: string | undefined
  readonly at: string | undefined
  readonly output: string | undefined
}

/** Signs a body: its headers, or a whole request for `webhooks verify` and for curl. */
export const sign = async (input: SignInput, session: Session): Promise<void> => {
  const { out, settings } = session
  const body = await readBytes(input.file)
  const headers = signAywaRuntimeWebhook({
    body,
    secret: webhookSecret(settings),
    id: input.id,
    timestamp: timeOf(input.at)
  })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  if (input.output === undefined) return out.raw(lines.join("\n"), headers)
  const head = `content-type: application/json\n${lines.join("\n")}\n\n`
  await writeWhole(input.output, Buffer.concat([Buffer.from(head), body]))
  out.result({ file: input.output, ...headers }, () => `${input.output}: ${headers["webhook-id"]}`)
}

const timeOf = (text: string | undefined): Date | undefined => {
  if (text === undefined) return undefined
  const time = /^\d+$/.test(text) ? new Date(Number(text) * 1000) : new Date(text)
  if (Number.isNaN(time.getTime())) {
    throw usage("--at takes a time.", "Write it as 2026-01-31T09:00:00Z, or as unix seconds.")
  }
  return time
}
