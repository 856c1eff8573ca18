/**
 * Faults on demand: which request is hit, by a rule or by its own header.
 *
 * `before` means that nothing happened; `after` means that the work is committed and the answer is lost or changed on
 * its way: the one fault that proves that a retry does not do the work twice.
 */
import * as Schema from "effect/Schema"
import { makeRandom } from "../time/ids.ts"
import { isObject, objectOf } from "../json/object.ts"
import { actionNames, FaultAction, type FaultInput, RuleInput, webhookActions } from "./schemas.ts"

/** Whether a fault hits before anything is done, or after the work is committed. */
export type When = "before" | "after"

/** What decides whether a rule hits. */
export interface FaultSubject {
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly attempt: number | undefined
  /** Parsed JSON body. Only read when a rule looks at it. */
  readonly body: unknown
  /** The type of the event, for a webhook that the runtime sends. */
  readonly event?: string | undefined
}

/** A fault to apply to one request. */
export interface Fault {
  readonly action: FaultAction
  readonly when: When
}

/** A rule: the requests that it hits, and what it does to them. */
export interface FaultRule {
  readonly id?: string | undefined
  readonly match?: FaultMatch | undefined
  /** What happens to a request that is hit; this or `sequence`. */
  readonly action?: FaultInput | undefined
  /** One action after the other, one for each request that is hit; `"pass"` lets one through. */
  readonly sequence?: ReadonlyArray<FaultInput | "pass"> | undefined
  /** Begins the sequence again when it is through. Default `false`. */
  readonly repeat?: boolean | undefined
  /** The default depends on the action: those that change an answer need one, hence `"after"`. */
  readonly when?: When | undefined
  /** Lets this many matching requests through first. */
  readonly skip?: number | undefined
  /** How often it hits. Default: without end, and a sequence once. */
  readonly times?: number | undefined
  /** Milliseconds after the rule was added, on the runtime's clock, from which on it hits. Default 0. */
  readonly from?: number | undefined
  /** Milliseconds after the rule was added, on the runtime's clock, until which it hits. Default: for ever. */
  readonly until?: number | undefined
  /** Chance of each hit, 0 to 1. */
  readonly probability?: number | undefined
  /** Makes `probability` repeatable. */
  readonly seed?: number | undefined
}

/** Which requests are hit: those for which every condition holds that is there. */
export interface FaultMatch {
  readonly method?: string | undefined
  /** `*` stands for anything, `:id` for one segment: `/assistant/:id`. */
  readonly path?: string | undefined
  /** The Idempotency-Key. */
  readonly key?: string | undefined
  /** A place in the JSON body that must exist (`model.provider`) or have a value (`model.provider=openai`). */
  readonly bodyPath?: string | undefined
  /** The number in `X-Aywa-Attempt`. */
  readonly attempt?: number | undefined
  /** The type of a webhook, for the actions that hit webhooks. */
  readonly event?: string | undefined
}

/** A rule with what became of it. */
export interface ActiveRule extends FaultRule {
  readonly id: string
  /** For a sequence, that of the action that comes next. */
  readonly when: When
  /** How often it hit. */
  readonly hits: number
}

/** The rules in force. */
export interface FaultRules {
  /** Adds a rule and gives its id. The first rule that hits wins. */
  readonly add: (rule: FaultRule) => string
  /** Puts the rules of a scenario in place of those of the one before. Rules that were added by themselves go first. */
  readonly setScenario: (rules: ReadonlyArray<FaultRule>) => void
  readonly remove: (id: string) => boolean
  readonly list: () => ReadonlyArray<ActiveRule>
  /** Forgets all rules, those of a scenario, too. */
  readonly clear: () => void
  /** Whether a rule looks at bodies, so that the body must be read before the fault. */
  readonly needBody: () => boolean
  /** Takes the fault of a request, if it has one. */
  readonly take: (subject: FaultSubject) => Fault | undefined
}

interface Entry {
  readonly rule: FaultRule
  /** The actions in their order; `undefined` lets a request through. */
  readonly faults: ReadonlyArray<Fault | undefined>
  readonly times: number
  readonly id: string
  readonly random: () => number
  readonly path: RegExp | undefined
  /** Whether it hits the webhooks that the runtime sends, instead of the requests that reach it. */
  readonly ofWebhooks: boolean
  readonly added: number
  seen: number
  hits: number
}

/** Rules whose chance comes from `seed` unless they have their own; `now` is the runtime's clock. */
export const makeFaultRules = (seed: number, now: () => number): FaultRules => {
  let entries: Array<Entry> = []
  let scenario: ReadonlyArray<Entry> = []
  let count = 0
  const makeEntry = (input: FaultRule, id: string, index: number): Entry => {
    const rule = decodeRule(input)
    const { action, sequence = [], repeat = false, times } = rule
    const actions = action === undefined ? sequence : [action]
    const faults = actions.map((action) => (action === "pass" ? undefined : faultOf(action, rule.when)))
    const sides = new Set(faults.flatMap((fault) => (fault === undefined ? [] : webhookActions.has(fault.action.type))))
    if (sides.size > 1) throw new TypeError("A sequence hits either requests or webhooks, not both")
    return {
      rule,
      id: rule.id ?? id,
      faults,
      ofWebhooks: sides.has(true),
      times: times ?? (action === undefined && !repeat ? sequence.length : Number.POSITIVE_INFINITY),
      random: makeRandom(rule.seed ?? seed + index),
      path: rule.match?.path === undefined ? undefined : pattern(rule.match.path),
      added: now(),
      seen: 0,
      hits: 0
    }
  }
  return {
    add: (input) => {
      const entry = makeEntry(input, `fault_${++count}`, entries.length)
      entries = [...entries.filter(({ id }) => id !== entry.id), entry]
      return entry.id
    },
    setScenario: (rules) => {
      scenario = rules.map((rule, index) => makeEntry(rule, `scenario_${index + 1}`, index))
    },
    remove: (id) => {
      const before = entries.length + scenario.length
      entries = entries.filter((entry) => entry.id !== id)
      scenario = scenario.filter((entry) => entry.id !== id)
      return entries.length + scenario.length < before
    },
    list: () =>
      [...entries, ...scenario].map((entry) => {
        const { rule, faults, id, hits } = entry
        const next = faults[hits % faults.length]
        const action = rule.action === undefined ? {} : { action: next?.action }
        return { ...rule, ...action, id, when: next?.when ?? "before", hits }
      }),
    clear: () => {
      entries = []
      scenario = []
    },
    needBody: () => [...entries, ...scenario].some(({ rule }) => rule.match?.bodyPath !== undefined),
    take: (subject) => {
      const entry = [...entries, ...scenario].find((entry) => hits(entry, subject, now()))
      return entry?.faults[(entry.hits - 1) % entry.faults.length]
    }
  }
}

/** Reads the header that injects a fault into its own request: `<name>[;k=v]`, e.g. `status;code=503;when=after`. */
export const parseFaultHeader = (header: string, attempt: number | undefined): Fault | undefined => {
  const [name = "", ...parameters] = header.split(";").map((part) => part.trim())
  const values = Object.fromEntries(
    parameters.map((parameter) => {
      const [key = "", ...rest] = parameter.split("=")
      const text = rest.join("=")
      return [key, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text]
    })
  )
  const { when, attempt: only, ...action } = values
  if (webhookActions.has(name)) throw new TypeError(`${name} hits webhooks that the runtime sends: add it as a rule`)
  const rule = decodeRule({ action: { ...action, type: name }, when, match: { attempt: only } })
  return rule.action !== undefined && (only === undefined || only === attempt)
    ? faultOf(rule.action, rule.when)
    : undefined
}

/**
 * Reads a rule; throws a TypeError that says what is wrong with it. Mostly that is the name of an action, and the
 * schema's own message would list every shape that an action can have.
 */
export const decodeRule = (input: unknown): FaultRule => {
  const { action, sequence } = objectOf(input)
  if ((action === undefined) === (sequence === undefined)) {
    throw new TypeError("A fault rule has either an action or a sequence of actions")
  }
  for (const one of Array.isArray(sequence) ? sequence : [action]) {
    const name: unknown = isObject(one) ? one["type"] : one
    if (sequence !== undefined && name === "pass") continue
    if (typeof name !== "string" || !actionNames.includes(name)) {
      throw new TypeError(`There is no fault ${JSON.stringify(name)}; there are ${actionNames.join(", ")}`)
    }
  }
  return Schema.decodeUnknownSync(RuleInput, { onExcessProperty: "error" })(input)
}

/** Actions that shape an answer which the client may well accept: without the work done they would be lies. */
const needsAnswer: ReadonlySet<string> = new Set([
  "dribble",
  "duplicate-headers",
  "unknown-enum",
  "extra-fields",
  "missing-field",
  "empty"
])

/** Actions that cut or spoil an answer: the natural case is that there was one. */
const spoilsAnswer: ReadonlySet<string> = new Set([
  "truncate",
  "chunk-cut",
  "malformed-chunk",
  "bad-gzip",
  "invalid-json"
])

const faultOf = (input: FaultInput, when: When | undefined): Fault => {
  const action: FaultAction = typeof input === "string" ? Schema.decodeUnknownSync(FaultAction)({ type: input }) : input
  if (needsAnswer.has(action.type)) return { action, when: "after" }
  return { action, when: when ?? (spoilsAnswer.has(action.type) ? "after" : "before") }
}

const hits = (entry: Entry, subject: FaultSubject, now: number): boolean => {
  const { match = {}, skip = 0, probability = 1, from = 0, until = Number.POSITIVE_INFINITY } = entry.rule
  const age = now - entry.added
  if (age < from || age >= until) return false
  if (entry.ofWebhooks !== (subject.event !== undefined)) return false
  if (match.event !== undefined && match.event !== subject.event) return false
  if (match.method !== undefined && match.method.toUpperCase() !== subject.method) return false
  if (entry.path !== undefined && !entry.path.test(subject.path)) return false
  if (match.key !== undefined && match.key !== subject.key) return false
  if (match.attempt !== undefined && match.attempt !== subject.attempt) return false
  if (match.bodyPath !== undefined && !matchesBody(match.bodyPath, subject.body)) return false
  entry.seen += 1
  if (entry.seen <= skip || entry.hits >= entry.times) return false
  if (probability < 1 && entry.random() >= probability) return false
  entry.hits += 1
  return true
}

const pattern = (path: string) => {
  const source = path
    .replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replace(/:\w+/g, "[^/]+")
  return new RegExp(`^${source}$`)
}

const matchesBody = (bodyPath: string, body: unknown): boolean => {
  const [path = "", ...expected] = bodyPath.split("=")
  let value = body
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return false
    value = Reflect.get(value, key)
  }
  return expected.length === 0 || String(value) === expected.join("=")
}
