/**
 * Numbers of a Twilio account, by its API of 2010-04-01: `IncomingPhoneNumbers`.
 *
 * @since 0.2.0
 */
import { isObject } from "../bundle/Bundle.ts"
import { baseOf, pause } from "../bundle/source.ts"
import { checkOptions } from "../errors/checkOptions.ts"
import { fail, invalid } from "../errors/MigrationError.ts"
import { type CarrierHttp, type CarrierNumber, fetchHttp, type NumberCarrier, type Routing } from "./provider.ts"

/**
 * Options of `twilioNumbers`.
 *
 * @since 0.2.0
 * @category models
 */
export interface TwilioOptions {
  /** Address of Twilio's API, without a path. There is no default. Credentials are sent there and nowhere else. */
  readonly baseUrl: string | undefined
  /** The account that has the numbers: `AC…`. */
  readonly accountSid: string | undefined
  /** Its auth token; or the secret of `apiKey`. */
  readonly secret: string | undefined
  /** An API key, `SK…`, in place of the auth token. */
  readonly apiKey?: string | undefined
  /** Another way to send. Default: the platform's fetch. */
  readonly http?: CarrierHttp | undefined
}

/** Ours and Twilio's names: of what is read, and of what is written. */
const fields = {
  voiceUrl: ["voice_url", "VoiceUrl"],
  voiceMethod: ["voice_method", "VoiceMethod"],
  voiceFallbackUrl: ["voice_fallback_url", "VoiceFallbackUrl"],
  voiceFallbackMethod: ["voice_fallback_method", "VoiceFallbackMethod"],
  voiceApplicationSid: ["voice_application_sid", "VoiceApplicationSid"],
  trunkSid: ["trunk_sid", "TrunkSid"],
  statusCallback: ["status_callback", "StatusCallback"],
  statusCallbackMethod: ["status_callback_method", "StatusCallbackMethod"]
} as const

const names = Object.keys(fields) as ReadonlyArray<keyof typeof fields> // Its own keys.

/**
 * The numbers of a Twilio account. What it changes are the fields that say where voice calls go; messages, names and
 * everything else stay.
 *
 * @since 0.2.0
 * @category numbers
 */
export const twilioNumbers = (options: TwilioOptions): NumberCarrier => {
  checkOptions("twilioNumbers", options, { baseUrl: true, accountSid: true, secret: true, apiKey: true, http: true })
  const { accountSid = "", secret = "", apiKey = accountSid, http = fetchHttp } = options
  if (!/^AC[0-9a-zA-Z]{32}$/.test(accountSid)) return invalid("accountSid", "expected AC and 32 characters")
  if (!/^[\x21-\x7e]+$/.test(secret))
    return invalid("secret", "the account's auth token, or the secret of apiKey, is needed")
  const authorization = `Basic ${Buffer.from(`${apiKey}:${secret}`).toString("base64")}`
  const path = `/2010-04-01/Accounts/${accountSid}/IncomingPhoneNumbers`
  const base = baseOf(options.baseUrl)
  const ask = async (
    method: "GET" | "POST",
    rest: string,
    body: string | undefined,
    signal: AbortSignal | undefined
  ) => {
    const headers = {
      authorization,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" })
    }
    return answered(path, signal, () => http({ method, url: `${base}${path}${rest}`, headers, body, signal }))
  }
  return {
    name: "twilio",
    account: accountSid,
    find: async (number, signal) => {
      // It also finds numbers that a pattern fits; asked by the whole number there is one.
      const query = new URLSearchParams({ PhoneNumber: number, PageSize: "50" }).toString()
      const json = await ask("GET", `.json?${query}`, undefined, signal)
      const list: unknown = isObject(json) ? json["incoming_phone_numbers"] : undefined
      if (!Array.isArray(list)) return odd(path, "expected a list of incoming_phone_numbers")
      const row = list.find((one) => isObject(one) && one["phone_number"] === number)
      return row === undefined ? undefined : readNumber(path, row)
    },
    aim: (before, target) => {
      const none = { voiceApplicationSid: "", trunkSid: "" }
      // A trunk or an application makes the URLs idle; they stay, so that going back is a change of one field.
      if ("trunk" in target) return { ...before, ...none, trunkSid: sid("TK", target.trunk) }
      if ("application" in target) return { ...before, ...none, voiceApplicationSid: sid("AP", target.application) }
      const isTheirs =
        originOf(before["statusCallback"]) !== "" && originOf(before["statusCallback"]) === originOf(before["voiceUrl"])
      return {
        ...before,
        ...none,
        voiceUrl: webhook("url", target.url),
        voiceMethod: "POST",
        // The old one would take a call that fails here back to where it came from.
        voiceFallbackUrl: target.fallbackUrl === undefined ? "" : webhook("fallbackUrl", target.fallbackUrl),
        voiceFallbackMethod: "POST",
        statusCallback: isTheirs ? "" : (before["statusCallback"] ?? "")
      }
    },
    write: async (id, from, to, signal) => {
      const changes = names.filter((name) => (from[name] ?? "") !== (to[name] ?? ""))
      const form = new URLSearchParams(
        Object.fromEntries(changes.map((name) => [fields[name][1], to[name] ?? ""]))
      ).toString()
      return readNumber(path, await ask("POST", `/${encodeURIComponent(id)}.json`, form, signal)).routing
    }
  }
}

const sid = (kind: "TK" | "AP", value: string): string =>
  new RegExp(`^${kind}[0-9a-zA-Z]{32}$`).test(value) ? value : invalid("to", `expected ${kind} and 32 characters`)

const webhook = (field: string, value: string): string =>
  URL.canParse(value) && new URL(value).protocol === "https:" ? value : invalid(`to.${field}`, "expected https://…")

const originOf = (url: string | undefined): string =>
  url !== undefined && URL.canParse(url) ? new URL(url).origin : ""

const odd = (path: string, detail: string): never => fail({ _tag: "SourceFailed", path, status: 200, detail })

const readNumber = (path: string, row: unknown): CarrierNumber => {
  if (!isObject(row) || typeof row["sid"] !== "string") return odd(path, "expected a number with its sid")
  const text = (value: unknown) => (typeof value === "string" ? value : "")
  const routing: Routing = Object.fromEntries(names.map((name) => [name, text(row[fields[name][0]])]))
  return { id: row["sid"], routing }
}

const attempts = 4

/** Asks, and asks again where that may help: what is written says what the fields are to be. */
const answered = async (
  path: string,
  signal: AbortSignal | undefined,
  send: () => ReturnType<CarrierHttp>
): Promise<unknown> => {
  for (let attempt = 1; ; attempt++) {
    if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
    // What a transport throws may hold the request, and with it the credentials.
    const answer = await send().catch(() => undefined)
    if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
    const status = answer?.status
    if (answer !== undefined && answer.status >= 200 && answer.status < 300) return parsed(path, answer.body)
    const again = status === undefined || status === 429 || status >= 500
    if (!again || attempt === attempts)
      return fail({ _tag: "SourceFailed", path, status, detail: wordsOf(answer?.body) })
    await pause(answer?.retryAfter === undefined ? 500 * 2 ** attempt : Math.min(60, answer.retryAfter) * 1000, signal)
  }
}

const parsed = (path: string, body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return odd(path, "its answer is not JSON: check the address of the API")
  }
}

/** Twilio's own words, with its code. */
const wordsOf = (body: string | undefined): string => {
  if (body === undefined) return "no answer. What was asked for may have been done: run verify, or the step again"
  try {
    const json: unknown = JSON.parse(body)
    if (isObject(json) && typeof json["message"] === "string") {
      return `${json["message"]}${typeof json["code"] === "number" ? ` (${json["code"]})` : ""}`
    }
  } catch {
    // Not of the API.
  }
  return "the answer is not as documented"
}
