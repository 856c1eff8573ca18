/** What stands above lists. */
import { useEffect, useRef, useState } from "preact/hooks"

/** A filter; it acts a moment after the last key. */
export const Filter = (props: {
  readonly value: string
  readonly set: (value: string) => void
  readonly hint: string
}) => {
  const [text, setText] = useState(props.value)
  const timer = useRef<number>(undefined)
  const set = useRef(props.set)
  set.current = props.set
  useEffect(() => setText(props.value), [props.value])
  // Who has gone elsewhere is not led back.
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <input
      type="search"
      class="filter"
      aria-label={`Filter: ${props.hint}`}
      placeholder={props.hint}
      spellcheck={false}
      value={text}
      onInput={(event) => {
        const { value } = event.currentTarget
        setText(value)
        clearTimeout(timer.current)
        timer.current = window.setTimeout(() => set.current(value), 200)
      }}
    />
  )
}

/** Lines that wait. The place is kept when none does, so that nothing moves. */
export const NewLines = ({ count, show }: { readonly count: number; readonly show: () => void }) => (
  <button type="button" class="new-lines" data-count={count} disabled={count === 0} onClick={show}>
    {count === 0 ? "up to date" : `${count} new`}
  </button>
)
