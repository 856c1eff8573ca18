/**
 * How groups of cases are written down: what is the same for all of a group stands once.
 */
import type { Bench } from "../bench/Bench.ts"
import type { CaseText, Finding, GroupName, Level, Origin, Power } from "../model/Case.ts"
import { fail, inconclusive, pass } from "../model/Case.ts"
import { type Answer, answerText } from "../bench/wire.ts"

/** A case with what it does. */
export interface Case extends CaseText {
  /** Runs after all others: it looks at what they did. */
  readonly late?: boolean
  readonly run: (bench: Bench) => Promise<Finding>
}

/** What is written down of a case. */
export interface Definition {
  readonly level: Level
  readonly origin: Origin
  readonly power?: Power
  readonly title: string
  readonly expected: string
  readonly consequence?: string
  readonly workaround?: string
  readonly late?: boolean
  readonly run: (bench: Bench) => Promise<Finding>
}

/** What holds for a whole group, unless a case says otherwise. */
export interface Common {
  readonly power: Power
  readonly consequence: string
  readonly workaround: string
}

/** The ids of a group. */
export type IdsOf<Group extends GroupName, Definitions> = `${Group}.${keyof Definitions & string}`

/** A group of cases; the ids are known to the compiler, so that a list by id is complete or does not compile. */
export const define = <const Group extends GroupName, const Definitions extends Readonly<Record<string, Definition>>>(
  group: Group,
  common: Common,
  definitions: Definitions
): Readonly<Record<IdsOf<Group, Definitions>, Case>> =>
  Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      `${group}.${name}`,
      { ...common, ...definition, id: `${group}.${name}`, group }
    ])
  ) as unknown as Record<IdsOf<Group, Definitions>, Case> // Made of the names that the type is made of.

/** Passes where the status is one of these. */
export const expectStatus = (answer: Answer, ...statuses: ReadonlyArray<number>): Finding =>
  statuses.includes(answer.status) ? pass(answerText(answer)) : fail(answerText(answer))

/** Passes where it holds. */
export const expectThat = (holds: boolean, got: string): Finding => (holds ? pass(got) : fail(got))

/** The first finding that is no pass. */
export const firstBad = (findings: ReadonlyArray<Finding>): Finding =>
  findings.find(({ status }) => status === "fail") ??
  findings.find(({ status }) => status !== "pass") ??
  findings.at(-1) ??
  inconclusive("nothing was looked at")

/** Looks at one thing after the other, until one is wrong. */
export const eachOf = async <A>(things: ReadonlyArray<A>, look: (thing: A) => Promise<Finding>): Promise<Finding> => {
  const findings: Array<Finding> = []
  for (const thing of things) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point.
    const finding = await look(thing)
    findings.push(finding)
    if (finding.status === "fail") break
  }
  return firstBad(findings)
}
