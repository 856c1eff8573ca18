/**
 * A handler of yours, at `--webhook-url`: it takes what is signed well and refuses everything else.
 */
import { randomUUID } from "node:crypto"
import { signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import * as Redacted from "effect/Redacted"
import { codeOf } from "../../core/failure.ts"
import { variables } from "../../core/settings.ts"
import { type Check, type CheckContext, fail, ok, skip, warn } from "../types.ts"

interface Answer {
  /** 0 when there was none. */
  readonly status: number
  readonly text: string
  readonly error: string
  readonly ms: number
}

/** A handler has this long for an answer that a caller waits for. */
const replyMs = 7500

const post = async (
  context: CheckContext,
  body: string,
  headers: Readonly<Record<string, string>>
): Promise<Answer> => {
  const began = performance.now()
  const since = () => Math.round(performance.now() - began)
  try {
    const response = await fetch(context.input.webhookUrl ?? "", {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
      redirect: "manual",
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(15_000)])
    })
    return { status: response.status, text: await response.text(), error: "", ms: since() }
  } catch (error) {
    context.signal.throwIfAborted()
    const cause: unknown = error instanceof Error ? error.cause : undefined
    return { status: 0, text: "", error: codeOf(cause) ?? codeOf(error) ?? "no answer in time", ms: since() }
  }
}

const statusOf = (answer: Answer) => (answer.status === 0 ? answer.error : `status ${answer.status}`)
const isAccepted = (answer: Answer) => answer.status >= 200 && answer.status < 300
const isRefused = (answer: Answer) => answer.status >= 400 && answer.status < 500

/** An event that is plainly a test: its call does not exist. */
const event = (fields: Readonly<Record<string, unknown>>) =>
  JSON.stringify({
    message: {
      timestamp: Date.now(),
      call: { id: `doctor-${randomUUID()}`, type: "webCall", status: "ended" },
      ...fields
    }
  })

const handler: Check = {
  id: "webhook.handler",
  meaning: "Your handler takes a signed event, and refuses what anybody could send.",
  needs: ["webhook.secret"],
  run: async (context) => {
    const { input, settings } = context
    if (input.webhookUrl === undefined) return skip("give --webhook-url with the address of your handler")
    if (!/^https?:\/\/[^\s/]/.test(input.webhookUrl))
      return fail("--webhook-url is no http or https address.", "Correct it.")
    if (settings.webhookSecret === undefined)
      return fail("There is no webhook secret to sign with.", `Set ${variables.webhookSecret}.`)
    const secret = Redacted.value(settings.webhookSecret.value)
    const body = event({ type: "status-update", status: "ended", endedReason: "doctor" })
    const sign = (timestamp?: Date) =>
      signAywaRuntimeWebhook({ body, secret, timestamp, id: `evt_doctor${randomUUID().replaceAll("-", "")}` })
    const good = await post(context, body, sign())
    if (!isAccepted(good)) {
      return fail(
        `A well-signed event gets ${statusOf(good)}; expected is 2xx.`,
        isRefused(good)
          ? "Does the handler have the same secret, and does it verify the raw bytes? aywa-runtime webhooks verify says why a stored request fails."
          : "Look at the handler's log."
      )
    }
    const headers = sign()
    const other = signAywaRuntimeWebhook({ body, secret: `${"x".repeat(31)}${randomUUID()}` })
    const attempts: ReadonlyArray<readonly [string, Promise<Answer>]> = [
      ["without signature headers", post(context, body, {})],
      ["signed with another secret", post(context, body, other)],
      ["with a changed body", post(context, body.replace("doctor", "d0ctor"), headers)],
      ["signed an hour ago", post(context, body, sign(new Date(Date.now() - 3_600_000)))]
    ]
    const mistakes: Array<string> = []
    const odd: Array<string> = []
    for (const [what, attempt] of attempts) {
      const answer = await attempt
      if (isAccepted(answer)) mistakes.push(what)
      else if (!isRefused(answer)) odd.push(`${what}: ${statusOf(answer)}`)
    }
    if (mistakes.length > 0) {
      return fail(
        `The handler takes events ${mistakes.join(", and ")}.`,
        "Call verifyAywaRuntimeWebhook on the raw body before anything else, and answer with the error's httpStatus."
      )
    }
    if (odd.length > 0)
      return warn(`Refused, but not with 4xx: ${odd.join("; ")}.`, "A 5xx makes the runtime try again and again.")
    return ok(`a signed event gets ${good.status} in ${good.ms} ms; unsigned, forged, changed and old ones are refused`)
  }
}

const replies: Check = {
  id: "webhook.replies",
  meaning: "A question during a call is answered while the caller waits: 7.5 seconds at most.",
  needs: ["webhook.handler"],
  run: async (context) => {
    const { input, settings } = context
    if (input.webhookUrl === undefined || settings.webhookSecret === undefined) return skip("give --webhook-url")
    const body = event({ type: "assistant-request" })
    const headers = signAywaRuntimeWebhook({ body, secret: Redacted.value(settings.webhookSecret.value) })
    const answer = await post(context, body, headers)
    if (answer.ms > replyMs)
      return fail(`An assistant-request takes ${answer.ms} ms.`, "Answer from memory or a cache; do slow work later.")
    if (answer.status >= 500 || answer.status === 0)
      return fail(`An assistant-request gets ${statusOf(answer)}.`, "Look at the handler's log.")
    return ok(`an assistant-request gets ${answer.status} in ${answer.ms} ms`)
  }
}

/** The checks of this file. */
export const webhookHandlerChecks: ReadonlyArray<Check> = [handler, replies]
