/**
 * How a view stands on the screen: its bar, its list, and the detail that opens beside it, or over it on a narrow screen.
 */
import type { ComponentChildren } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { Icon } from "./Icon.tsx"

/** A view of a list with a detail. */
export const Split = (props: {
  readonly bar: ComponentChildren
  readonly list: ComponentChildren
  readonly detail: ComponentChildren
}) => (
  <>
    <div class="bar">{props.bar}</div>
    <div class={props.detail ? "split open" : "split"}>
      {props.list}
      {props.detail}
    </div>
  </>
)

/** The detail. Escape closes it, and the list has the keyboard again. */
export const Detail = (props: {
  readonly title: ComponentChildren
  readonly label: string
  readonly close: () => void
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}) => {
  const box = useRef<HTMLElement>(null)
  const close = () => {
    props.close()
    document.querySelector<HTMLElement>(".list-box")?.focus()
  }
  useEffect(() => {
    box.current?.focus({ preventScroll: true })
    box.current?.scrollTo(0, 0)
  }, [props.label])
  return (
    <section
      ref={box}
      class="detail"
      tabIndex={-1}
      aria-label={props.label}
      onKeyDown={(event) => {
        if (event.key === "Escape") close()
      }}
    >
      <div class="detail-head">
        <h2>{props.title}</h2>
        <button type="button" class="quiet" onClick={close} aria-label="Close">
          <Icon name="close" />
        </button>
      </div>
      {props.actions && <div class="actions">{props.actions}</div>}
      {props.children}
    </section>
  )
}
