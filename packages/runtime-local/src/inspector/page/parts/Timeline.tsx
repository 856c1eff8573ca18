/**
 * What happened in a call, along one axis of time: who spoke when, which tools, which hooks.
 */
import { duration } from "../model/text.ts"
import { Icon, type IconName } from "./Icon.tsx"

/** Something on a lane: with an end it is a bar, without one a mark. */
export interface Mark {
  readonly from: number
  readonly until?: number | undefined
  readonly label: string
  readonly bad?: boolean
}

/** A lane. */
export interface Lane {
  readonly name: string
  readonly icon?: IconName
  readonly marks: ReadonlyArray<Mark>
}

/** Marks of a lane that are drawn. */
const most = 200

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 300_000, 1_200_000]

export const Timeline = ({ lanes, total }: { readonly lanes: ReadonlyArray<Lane>; readonly total: number }) => {
  const step = steps.find((one) => total / one <= 6) ?? total
  const ticks = Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step)
  const at = (ms: number) => `${Math.max(0, Math.min(100, (ms / Math.max(1, total)) * 100))}%`
  return (
    <div class="timeline" role="img" aria-label={`Timeline of ${duration(total)}`}>
      <div class="lane axis">
        <span />
        <div class="track">
          {ticks.map((tick) => (
            <span class="tick" style={{ left: at(tick) }}>
              {/* Near the right edge there is no room for a label. */}
              {tick === 0 ? "0" : tick > total * 0.85 ? "\u00a0" : duration(tick)}
            </span>
          ))}
        </div>
      </div>
      {lanes.map((lane) => (
        <div class={`lane lane-${lane.name.toLowerCase()}`}>
          <span class="lane-name">{lane.name}</span>
          <div class="track">
            {lane.marks.slice(0, most).map((mark) =>
              mark.until === undefined ? (
                <span class={mark.bad ? "mark bad" : "mark"} style={{ left: at(mark.from) }} title={mark.label}>
                  <Icon name={mark.bad ? "cross" : (lane.icon ?? "hook")} />
                </span>
              ) : (
                <span
                  class="span"
                  style={{ left: at(mark.from), width: at(Math.max(mark.until - mark.from, total / 200)) }}
                  title={mark.label}
                />
              )
            )}
          </div>
        </div>
      ))}
    </div>
  )
}
