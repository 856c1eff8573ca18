/**
 * The rules in force, and which of them hits.
 */
import { makeRandom } from "../time/ids.ts"
import { decodeRule, faultOf } from "./decode.ts"
import type { ActiveRule, Fault, FaultRule, FaultSubject } from "./rule.ts"
import { webhookActions } from "./schemas.ts"

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

/**
 * Rules whose chance comes from `seed` unless they have their own; `now` is the runtime's clock. `onChange` is called when
 * there are other rules, or one of them has hit.
 */
export const makeFaultRules = (seed: number, now: () => number, onChange: () => void = () => {}): FaultRules => {
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
      onChange()
      return entry.id
    },
    setScenario: (rules) => {
      scenario = rules.map((rule, index) => makeEntry(rule, `scenario_${index + 1}`, index))
      onChange()
    },
    remove: (id) => {
      const before = entries.length + scenario.length
      entries = entries.filter((entry) => entry.id !== id)
      scenario = scenario.filter((entry) => entry.id !== id)
      onChange()
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
      onChange()
    },
    needBody: () => [...entries, ...scenario].some(({ rule }) => rule.match?.bodyPath !== undefined),
    take: (subject) => {
      const entry = [...entries, ...scenario].find((entry) => hits(entry, subject, now()))
      if (entry !== undefined) onChange()
      return entry?.faults[(entry.hits - 1) % entry.faults.length]
    }
  }
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
