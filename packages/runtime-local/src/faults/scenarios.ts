/**
 * Scenarios: named lists of fault rules, as data. Some come with the runtime; others are JSON files of yours.
 *
 * The same seed and the same order of requests give the same faults.
 */
import * as Schema from "effect/Schema"
import * as fs from "node:fs"
import { decodeRule } from "./decode.ts"
import type { FaultRule } from "./rule.ts"

/**
 * A scenario: rules that hit requests by chance, in sequence, or by route.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scenario {
  readonly name: string
  readonly description?: string | undefined
  /** Makes chance repeatable; default: the runtime's own seed. */
  readonly seed?: number | undefined
  /** The first rule that hits wins. */
  readonly rules: ReadonlyArray<FaultRule>
}

/**
 * The scenarios that come with the runtime.
 *
 * @since 0.1.0
 * @category models
 */
export type ScenarioName = "flaky" | "brownout" | "deploy" | "lost-response" | "rate-limited"

const busy = { type: "status", code: 503, retryAfter: 1 } as const
const tooMany = { type: "status", code: 429, retryAfter: 1 } as const

/**
 * The scenarios that come with the runtime, by their names.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  flaky: {
    name: "flaky",
    description: "One request in six fails, each in one of the ways of a bad network.",
    rules: [
      { action: { type: "status", code: 503 }, probability: 0.04 },
      { action: "html", probability: 0.03 },
      { action: "reset", when: "before", probability: 0.03 },
      { action: "reset", when: "after", probability: 0.03 },
      { action: "truncate", probability: 0.03 },
      { action: { type: "latency", ms: 300, sigma: 0.5 }, probability: 0.05 }
    ]
  },
  brownout: {
    name: "brownout",
    description: "Everything is slow, and one request in five is refused.",
    rules: [
      { action: busy, probability: 0.15 },
      { action: { type: "html", code: 504 }, probability: 0.05 },
      { action: { type: "latency", ms: 400, sigma: 0.8 } }
    ]
  },
  deploy: {
    name: "deploy",
    description: "A new version goes out: 503 for five seconds, then open connections are cut, then all is well.",
    rules: [
      { action: busy, until: 5000 },
      { action: "reset", when: "before", from: 5000, times: 3 }
    ]
  },
  "lost-response": {
    name: "lost-response",
    description: "Every second write is done, and its answer never arrives whole.",
    rules: ["POST", "PATCH", "DELETE"].map((method) => ({
      match: { method },
      when: "after",
      sequence: ["reset", "pass", "truncate", "pass", "close", "pass"],
      repeat: true
    }))
  },
  "rate-limited": {
    name: "rate-limited",
    description: "Two requests in three hear that there were too many, with a second to wait.",
    rules: [{ sequence: [tooMany, tooMany, "pass"], repeat: true }]
  }
}

const ScenarioInput = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1)),
  description: Schema.optional(Schema.String),
  seed: Schema.optional(Schema.Finite),
  rules: Schema.Array(Schema.Unknown)
})

/** Whether a name is that of a scenario that comes with the runtime. */
const isName = (name: string): name is ScenarioName => Object.hasOwn(scenarios, name)

/**
 * Reads a scenario: the name of one that comes with the runtime, or one of yours. Throws a TypeError that says what is
 * wrong with it.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const scenarioOf = (input: unknown): Scenario => {
  if (typeof input === "string") {
    if (isName(input)) return scenarios[input]
    throw new TypeError(
      `There is no scenario ${JSON.stringify(input)}; there are ${Object.keys(scenarios).join(", ")}, or files of yours`
    )
  }
  try {
    const { rules, ...scenario } = Schema.decodeUnknownSync(ScenarioInput, { onExcessProperty: "error" })(input)
    return { ...scenario, rules: rules.map(decodeRule) }
  } catch (error) {
    throw new TypeError(`Not a scenario: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/**
 * Reads a scenario from a JSON file; a name of one that comes with the runtime will do, too. Throws a TypeError that
 * names the file.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const readScenario = (nameOrFile: string): Scenario => {
  if (isName(nameOrFile)) return scenarios[nameOrFile]
  let text: string
  try {
    text = fs.readFileSync(nameOrFile, "utf8")
  } catch {
    throw new TypeError(
      `${nameOrFile} is neither a file that can be read nor one of ${Object.keys(scenarios).join(", ")}`
    )
  }
  try {
    return scenarioOf(JSON.parse(text))
  } catch (error) {
    throw new TypeError(`${nameOrFile}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Which scenario runs, and the way to change that. */
export interface Scenarios {
  /** Puts a scenario in place of the one before: one of those that come with the runtime, or one of yours. */
  readonly start: (scenario: ScenarioName | Scenario) => void
  readonly stop: () => void
  readonly active: () => Scenario | undefined
}

/** Runs scenarios over fault rules; `seed` is that of the runtime. */
export const makeScenarios = (setRules: (rules: ReadonlyArray<FaultRule>) => void, seed: number): Scenarios => {
  let active: Scenario | undefined
  return {
    start: (input) => {
      const scenario = scenarioOf(input)
      setRules(
        scenario.rules.map((rule, index) => ({
          ...rule,
          id: rule.id ?? `${scenario.name}_${index + 1}`,
          seed: rule.seed ?? (scenario.seed ?? seed) + index
        }))
      )
      active = scenario
    },
    stop: () => {
      setRules([])
      active = undefined
    },
    active: () => active
  }
}
