/** What a run takes, and what is refused before anything is sent. */
import { type Names, unknownName, wrongChoice } from "@aywa-ai/runtime-sdk/contract"
import { allCases, type CaseId } from "../cases/table.ts"
import { ConformanceError } from "../errors/ConformanceError.ts"
import { type GroupName, groups } from "../model/Case.ts"
import type { CaseResult } from "../model/Report.ts"

/**
 * Where the runtime is, and who asks.
 *
 * @since 0.2.0
 * @category models
 */
export interface TargetOptions {
  /** Address of your runtime. There is no default. */
  readonly baseUrl: string | undefined
  /** A runtime API key; one that may write, for `write`. */
  readonly apiKey: string | undefined
  /** Sent as `X-Organization-Id`. */
  readonly organizationId?: string | undefined
  /** Allows plain http to hosts that are not loopback. */
  readonly allowInsecure?: boolean | undefined
  /** Milliseconds for one request, 10,000 by default. */
  readonly timeout?: number | undefined
  /** The most requests of the run, 400 by default. Removing its rows comes on top. */
  readonly maxRequests?: number | undefined
  /**
   * The most requests a second on average, 5 by default; what is made at once is waited for before. By default there is no
   * such bound for the local runtime of this machine.
   */
  readonly requestsPerSecond?: number | undefined
  /** Stops the run. Its rows are removed all the same. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What to look at, and what may be done for it. Without `write`, `calls` and `webhookUrl` it only reads.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConformanceOptions extends TargetOptions {
  /** Creates rows with marks of the run, and removes them. */
  readonly write?: boolean | undefined
  /** Places web calls. Needs `write`. */
  readonly calls?: boolean | undefined
  /** A number of yours that may be called; without it nobody is. Needs `calls`. */
  readonly to?: string | undefined
  /** The address at which the runtime reaches this process. Needs `calls`: they cause the events. */
  readonly webhookUrl?: string | undefined
  /** The port that `webhookUrl` leads to; its own by default. */
  readonly webhookPort?: number | undefined
  /** The address that is listened on; loopback by default. */
  readonly webhookHost?: string | undefined
  /** The secret, or the secrets, that webhooks are signed with. */
  readonly webhookSecret?: string | ReadonlyArray<string> | undefined
  /** Milliseconds that are waited for a webhook, 90,000 by default: runtimes send again after a while. */
  readonly webhookWait?: number | undefined
  /** A key of another organization, for what must be apart. */
  readonly otherApiKey?: string | undefined
  /** Milliseconds after which the runtime forgets idempotency keys, if that is to be waited for. */
  readonly waitTtl?: number | undefined
  /** Only these groups, or cases. */
  readonly only?: ReadonlyArray<GroupName | CaseId> | undefined
  /** None of these groups, or cases. */
  readonly skip?: ReadonlyArray<GroupName | CaseId> | undefined
  /** Hears of each case when it is over. */
  readonly onCase?: ((result: CaseResult, done: number, of: number) => void) | undefined
}

// Spelt out: declarations of what users import name no type of the contract entry, which names Effect's.
export const targetNames: { readonly [K in keyof TargetOptions]-?: true } = {
  baseUrl: true,
  apiKey: true,
  organizationId: true,
  allowInsecure: true,
  timeout: true,
  maxRequests: true,
  requestsPerSecond: true,
  signal: true
}

const names: Names<ConformanceOptions> = {
  ...targetNames,
  write: true,
  calls: true,
  to: true,
  webhookUrl: true,
  webhookPort: true,
  webhookHost: true,
  webhookSecret: true,
  webhookWait: true,
  otherApiKey: true,
  waitTtl: true,
  only: true,
  skip: true,
  onCase: true
}

const refuse = (what: string): never => {
  throw new ConformanceError("Invalid", what)
}

/** Refuses names that nobody reads. */
export const refuseUnknown = (where: string, options: object, names: object): void => {
  const unknown = unknownName(options, names)
  if (unknown !== undefined) refuse(`${where}: ${unknown.message}`)
}

/** Refuses what is wrong with the options. */
export const checkOptions = (options: ConformanceOptions): void => {
  refuseUnknown("runConformance", options, names)
  checkNumbers(options)
  const { write, calls, to, webhookUrl } = options
  if (calls === true && write !== true) refuse("calls needs write: what is placed is removed again.")
  if (to !== undefined && calls !== true) refuse("to needs calls: without it nobody is called.")
  if (to !== undefined && !/^\+[1-9]\d{6,14}$/.test(to))
    refuse("to takes a number in E.164 form, such as +14155550123.")
  if (options.otherApiKey !== undefined && options.otherApiKey === options.apiKey)
    refuse("otherApiKey is the key itself: give one of another organization.")
  if (webhookUrl !== undefined && calls !== true) refuse("webhookUrl needs calls: they cause the events.")
  if (webhookUrl !== undefined && !/^https?:$/.test(URL.parse(webhookUrl)?.protocol ?? "")) {
    refuse("webhookUrl takes an absolute http or https address.")
  }
  for (const [name, words] of [
    ["only", options.only],
    ["skip", options.skip]
  ] as const) {
    for (const word of words ?? []) {
      if (!allCases.some(({ id }) => id === word)) {
        const wrong = wrongChoice(word, word.includes(".") ? allCases.map(({ id }) => id) : groups)
        if (wrong !== undefined)
          refuse(
            `${name} ${wrong.length > 400 ? `has ${JSON.stringify(word.slice(0, 60))}, which is no case.` : wrong}`
          )
      }
    }
  }
}

const checkNumbers = (options: ConformanceOptions): void => {
  for (const name of ["timeout", "maxRequests", "requestsPerSecond", "webhookWait", "waitTtl"] as const) {
    const value = options[name]
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) refuse(`${name} takes a number greater than 0.`)
  }
  const { webhookPort: port } = options
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    refuse("webhookPort takes a port.")
}
