/**
 * What a carrier of phone numbers can do, and how it is reached.
 *
 * @since 0.2.0
 */

/**
 * One HTTP request to a carrier's API.
 *
 * @since 0.2.0
 * @category models
 */
export interface CarrierRequest {
  readonly method: "GET" | "POST"
  readonly url: string
  /** With the carrier's credentials: not for logs. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The answer to it.
 *
 * @since 0.2.0
 * @category models
 */
export interface CarrierResponse {
  readonly status: number
  readonly body: string
  /** Seconds to wait, where it says so. */
  readonly retryAfter?: number | undefined
}

/**
 * The port to HTTP: rejects where no answer came.
 *
 * @since 0.2.0
 * @category models
 */
export type CarrierHttp = (request: CarrierRequest) => Promise<CarrierResponse>

/**
 * Where the calls of a number go, in the carrier's own fields; an absent setting is an empty text.
 *
 * @since 0.2.0
 * @category models
 */
export type Routing = Readonly<Record<string, string>>

/**
 * Where numbers are to lead: a webhook, a SIP trunk, or an application of the carrier.
 *
 * @since 0.2.0
 * @category models
 */
export type NumberTarget =
  | { readonly url: string; readonly fallbackUrl?: string | undefined }
  | { readonly trunk: string }
  | { readonly application: string }

/**
 * A number as its carrier has it.
 *
 * @since 0.2.0
 * @category models
 */
export interface CarrierNumber {
  /** The carrier's id of it. */
  readonly id: string
  readonly routing: Routing
}

/**
 * A carrier. `twilioNumbers` makes one; others can be written for carriers with an API.
 *
 * @since 0.2.0
 * @category models
 */
export interface NumberCarrier {
  /** As the runtime's phone numbers call it in `provider`. */
  readonly name: string
  /** Which account; a file of another one is refused. */
  readonly account: string
  /** A number in E.164; `undefined` where the account does not have it. */
  readonly find: (number: string, signal: AbortSignal | undefined) => Promise<CarrierNumber | undefined>
  /** The routing that leads a number to a target. */
  readonly aim: (before: Routing, target: NumberTarget) => Routing
  /** Writes the fields that differ, and gives what stands there then. May be repeated. */
  readonly write: (id: string, from: Routing, to: Routing, signal: AbortSignal | undefined) => Promise<Routing>
}

/** By the platform's own fetch. */
export const fetchHttp: CarrierHttp = async ({ method, url, headers, body, signal }) => {
  const limit = AbortSignal.timeout(30_000)
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    // A redirect would take the credentials elsewhere.
    redirect: "error",
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit])
  })
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
  return { status: response.status, body: await response.text(), ...(seconds >= 0 ? { retryAfter: seconds } : {}) }
}
