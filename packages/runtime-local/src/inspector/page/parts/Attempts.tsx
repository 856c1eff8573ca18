/**
 * The attempts of something as a tree: of a request, or of a webhook. Each can be chosen.
 */
import type { ComponentChildren } from "preact"
import { Icon } from "./Icon.tsx"

/** An attempt as the tree shows it. */
export interface Attempt {
  readonly id: string
  readonly number: number
  readonly ok: boolean | undefined
  readonly outcome: string
  readonly fault?: string | undefined
  readonly note: ComponentChildren
}

export const Attempts = (props: {
  readonly attempts: ReadonlyArray<Attempt>
  readonly chosen: string | undefined
  readonly choose: (id: string) => void
}) => (
  <ol class="attempts">
    {props.attempts.map((attempt) => (
      <li>
        <button
          type="button"
          class={attempt.id === props.chosen ? "attempt chosen" : "attempt"}
          aria-pressed={attempt.id === props.chosen}
          onClick={() => props.choose(attempt.id)}
        >
          <span class="attempt-number">{attempt.number}</span>
          <Icon name={attempt.ok === undefined ? "wait" : attempt.ok ? "check" : "cross"} />
          <span class={attempt.ok === undefined ? "outcome" : attempt.ok ? "outcome good" : "outcome bad"}>
            {attempt.outcome}
          </span>
          {attempt.fault && (
            <span class="fault">
              <Icon name="faults" />
              {attempt.fault}
            </span>
          )}
          <span class="attempt-note">{attempt.note}</span>
        </button>
      </li>
    ))}
  </ol>
)
