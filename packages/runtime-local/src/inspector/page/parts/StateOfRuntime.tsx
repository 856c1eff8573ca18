/** What makes this runtime different from a quiet one: faults in force, a clock that was moved. */
import type { Row } from "../model/api.ts"
import { useRead } from "../model/live.ts"
import { clock } from "../model/text.ts"
import { Icon } from "./Icon.tsx"

/** A rule in force. */
export interface Rule extends Row {
  readonly id: string
  readonly action?: string | { readonly type: string }
  readonly sequence?: ReadonlyArray<string | { readonly type: string }>
  readonly times?: number
  readonly hits: number
}

/** The name of what a rule does. */
export const ruleName = ({ action, sequence = [] }: Rule): string =>
  [action ?? sequence]
    .flat()
    .map((one) => (typeof one === "string" ? one : one.type))
    .join(", ")

/** Whether news say that a rule acted, or was changed. */
export const hit = (data: Row): boolean => !("status" in data || "state" in data) || typeof data["fault"] === "string"

export const StateOfRuntime = () => {
  const faults = useRead<ReadonlyArray<Rule>>("faults", ["fault", "request", "attempt"], hit).value
  const scenario = useRead<{ readonly active: { readonly name: string } | null }>("scenario", ["fault"]).value
  const time = useRead<{ readonly now: string; readonly mode: string }>("clock", ["clock"]).value
  const active = (faults ?? []).filter(({ times, hits }) => times === undefined || hits < times)
  const [first] = active
  const left = first?.times === undefined ? "" : ` (${first.times - first.hits} left)`
  return (
    <>
      {(first !== undefined || scenario?.active) && (
        <a class="fault state" href="#/faults">
          <Icon name="faults" />
          {scenario?.active
            ? scenario.active.name
            : active.length === 1 && first
              ? `${ruleName(first)}${left}`
              : `${active.length} faults`}
        </a>
      )}
      {time?.mode === "manual" && (
        <a class="state" href="#/faults">
          <Icon name="wait" />
          {clock(time.now)}, stands still
        </a>
      )}
    </>
  )
}
