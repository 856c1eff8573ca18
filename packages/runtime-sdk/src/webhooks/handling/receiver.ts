/**
 * Receives deliveries with promises, whatever the framework.
 *
 * @since 0.1.0
 */
import { quietly } from "../../config/callbacks.ts"
import type { RuntimeProfile } from "../../config/runtimeProfile.ts"
import type { WebhookBody } from "../body.ts"
import type { WebhookHeaders } from "../headers.ts"
import type { WebhookScheme } from "../scheme.ts"
import type { WebhookSecrets } from "../secrets.ts"
import type { WebhookSink } from "../sink.ts"
import { verifyAywaRuntimeWebhook } from "../verify.ts"
import type { WebhookVerificationError } from "../WebhookVerificationError.ts"
import { isObject } from "../../schema/isObject.ts"
import { refusal, type WebhookAnswer } from "./answer.ts"
import { problem } from "./answering.ts"
import { handlers, type WebhookHandlers } from "./handlers.ts"
import { causeOf, type Outcome } from "./outcome.ts"
import { failingAs } from "./audio.ts"
import { checkOptions, checkProfile } from "./options.ts"
import { isReported, reportToProcess } from "./report.ts"
import { noticeSecret } from "./secretNotice.ts"
import { type Offer, receive, type Receiving, type Step, refusalOf } from "./steps.ts"
import type { WebhookHandlerMap } from "./types.ts"
import type { WebhookHandlerError } from "./WebhookHandlerError.ts"
import { outcomeOf, startDeadline, within } from "./within.ts"

/**
 * How deliveries are received.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookReceiverOptions {
  /** The webhook secret, or several while a rotation lasts. Leave it out when `scheme` is given. */
  readonly secret?: WebhookSecrets
  /** For senders that are not switched over yet: a scheme of `@aywa-ai/runtime-sdk/webhooks/legacy`. */
  readonly scheme?: WebhookScheme | undefined
  /** Handlers by type, or the outcome of `handlers(…)`. */
  readonly handlers?: WebhookHandlerMap | WebhookHandlers | undefined
  /**
   * Where notices are stored before they are acknowledged. With it, the handlers of notices are not run here: run them
   * in the inbox's workers. Events that ask are still answered here.
   */
  readonly inbox?: WebhookSink | undefined
  /** Seconds that an attempt's time may differ from ours; 300 by default. */
  readonly toleranceSeconds?: number | "disabled" | undefined
  /** Larger bodies are refused with 413 and not read to their end; 10 MiB by default. */
  readonly maxBodyBytes?: number | undefined
  /** Epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined
  /**
   * What is known of the runtime: where it signs otherwise, or not at all, the receiver is refused when it is made. With
   * `scheme` it is not looked at.
   */
  readonly runtimeProfile?: Pick<RuntimeProfile, "webhookSignature"> | undefined
  /**
   * Told about every delivery that was refused, failed, or answered with a fallback. By default those that are this
   * process's own business (wrong setup, handlers that fail) are printed as process warnings; bad signatures are not.
   */
  readonly onError?: ((error: WebhookVerificationError | WebhookHandlerError) => void) | undefined
}

/**
 * A request, as an adapter hands it over.
 *
 * @since 0.1.0
 * @category models
 */
export interface IncomingWebhook {
  readonly method: string
  /** Only for schemes that sign the address. */
  readonly url?: string | undefined
  readonly headers: WebhookHeaders
  /** The body as received, or how to read it up to a limit. */
  readonly body: WebhookBody | ((maxBytes: number) => Promise<WebhookBody>)
  /** Aborted when the sender hangs up. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that are left in all, where a platform gives no more: a fallback is sent before they are over. */
  readonly remainingMillis?: number | undefined
}

/**
 * Receives deliveries for any framework: give it method, headers and raw body, send what it answers. Never rejects.
 *
 * **When to use**
 *
 * For what has no adapter here, such as AWS Lambda. `webhookHandler`, `nodeWebhookHandler` and `fastifyWebhooks` are
 * built on it.
 *
 * **Details**
 *
 * 200 handled or stored; 400, 401, 413 not a good delivery; 405 no POST; 422 a known type with another body; 501 asked
 * and no handler; 503 a handler or the inbox failed, so that the runtime delivers again; 500 this process is set up
 * wrongly.
 *
 * @since 0.1.0
 * @category constructors
 */
export const webhookReceiver = (options: WebhookReceiverOptions): WebhookReceiver => {
  checkOptions(options, Object.keys(optionNames))
  // A getter that throws is told at each delivery, as that of any other option.
  if (quietly(() => options.scheme === undefined) === true) {
    checkProfile(options.runtimeProfile)
    noticeSecret(options)
  }
  const own = options.handlers ?? {}
  const routes = isHandlers(own) ? own : handlers(own)
  const report = options.onError ?? reportToProcess
  const port: Receiving<IncomingWebhook, WebhookSink> = {
    verify: (request, body) => verify(options, request, body),
    maxBodyBytes: options.maxBodyBytes,
    inbox: options.inbox
  }
  return async (request) => {
    const outcome = await outcomeOf(() => drive(receive(port, request), request, routes))
    const answer = outcome._tag === "Done" ? outcome.value : refusalOf(causeOf(outcome))
    const { error } = answer
    // The runtime waits for the answer, whatever becomes of the report.
    if (isReported(error)) quietly(() => report(error))
    if (typeof answer.body === "string") return answer
    // Nobody is to blame when the runtime has hung up.
    const broken = (cause: unknown) => {
      if (request.signal?.aborted !== true && isReported(cause)) quietly(() => report(cause))
      return cause
    }
    return { ...answer, body: failingAs(answer.body, broken) }
  }
}

/** The options by name: the compiler holds the list complete. */
const optionNames: { readonly [K in keyof WebhookReceiverOptions]-?: true } = {
  secret: true,
  scheme: true,
  handlers: true,
  inbox: true,
  toleranceSeconds: true,
  maxBodyBytes: true,
  now: true,
  runtimeProfile: true,
  onError: true
}

/**
 * Turns a request into its answer.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookReceiver = (request: IncomingWebhook) => Promise<WebhookAnswer>

const isHandlers = (value: WebhookHandlerMap | WebhookHandlers): value is WebhookHandlers =>
  isObject(value) && "answer" in value && "run" in value

const verify = (options: WebhookReceiverOptions, request: IncomingWebhook, body: WebhookBody) => {
  const { toleranceSeconds, maxBodyBytes, now } = options
  const common = { body, headers: request.headers, toleranceSeconds, maxBodyBytes, now }
  if (options.scheme === undefined) return verifyAywaRuntimeWebhook({ ...common, secret: options.secret })
  const target = { method: request.method, url: request.url ?? "" }
  return verifyAywaRuntimeWebhook({ ...common, scheme: options.scheme, request: target })
}

/** Does what the steps of a request say, with promises. */
const drive = async (
  first: Step<WebhookSink>,
  request: IncomingWebhook,
  routes: WebhookHandlers
): Promise<WebhookAnswer> => {
  const startMillis = performance.now()
  let step = first
  for (;;) {
    switch (step._tag) {
      case "NeedBody":
        step = step.resume(await readBody(request, step.maxBytes))
        break
      case "Offer":
        step = step.resume(await offer(step, request.signal))
        break
      case "Run": {
        const { id, attemptAt, message } = step.event
        const { signal, remainingMillis } = request
        const delivery = { id, attemptAt, signal, elapsed: performance.now() - startMillis, remainingMillis }
        const outcome = await outcomeOf(() => routes.answer(message, delivery))
        if (outcome._tag === "Done") return outcome.value
        return refusal(problem(message, id, { _tag: "HandlerFailed" }, causeOf(outcome)))
      }
      case "Answer":
        return step.answer
    }
  }
}

const readBody = ({ body }: IncomingWebhook, maxBytes: number): Promise<Outcome<WebhookBody>> =>
  outcomeOf(() => (typeof body === "function" ? body(maxBytes) : body))

const offer = async (
  { inbox, delivery, seconds }: Offer<WebhookSink>,
  signal: AbortSignal | undefined
): Promise<Outcome<void>> => {
  const deadline = startDeadline(seconds * 1000, signal)
  const outcome = await within(deadline, () => inbox.offer(delivery))
  deadline.close()
  return outcome
}
