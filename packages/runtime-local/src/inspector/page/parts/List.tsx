/**
 * A list of which only what is in sight is built. New lines wait while somebody reads: they never move what is under the
 * eye or the pointer.
 */
import type { ComponentChildren } from "preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"

/** A line of a list. */
export interface Line {
  readonly id: string
}

interface ListProps<A extends Line> {
  readonly label: string
  readonly lines: ReadonlyArray<A>
  /** The id of the open line. */
  readonly selected: string | undefined
  readonly open: (line: A) => void
  readonly render: (line: A) => ComponentChildren
  /** Names of the columns, in the grid of the lines. */
  readonly head: ComponentChildren
  /** The class of the grid. */
  readonly kind: string
  /** Called near the end, for what is older. */
  readonly older?: (() => void) | undefined
  readonly empty: ComponentChildren
  /** Called when somebody begins or ends to read: scrolled down, or with the pointer over a line. */
  readonly onReading?: ((reading: boolean) => void) | undefined
}

/** Lines built beyond what is in sight, on either side. */
const beyond = 12

const useHeight = () => {
  const narrow = matchMedia("(max-width: 699px)")
  const [height, setHeight] = useState(narrow.matches ? 52 : 32)
  useEffect(() => {
    const change = () => setHeight(narrow.matches ? 52 : 32)
    narrow.addEventListener("change", change)
    return () => narrow.removeEventListener("change", change)
  }, [])
  return height
}

const useWindow = (height: number, total: number) => {
  const isEmpty = total === 0
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [room, setRoom] = useState(800)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() => setRoom(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [isEmpty])
  const first = Math.max(0, Math.floor(top / height) - beyond)
  const last = Math.min(total, Math.ceil((top + room) / height) + beyond)
  return { box, first, last, onScroll: () => setTop(box.current?.scrollTop ?? 0), top }
}

export const List = <A extends Line>(props: ListProps<A>) => {
  const { lines, selected, open, onReading } = props
  const height = useHeight()
  const { box, first, last, onScroll, top } = useWindow(height, lines.length)
  const [active, setActive] = useState<string>()
  const [over, setOver] = useState(false)
  const at = lines.findIndex(({ id }) => id === (active ?? selected))
  useEffect(() => onReading?.(over || top > 0), [over, top > 0])
  useEffect(() => {
    if (last >= lines.length - 20 && lines.length > 0) props.older?.()
  }, [last, lines.length])

  const move = (index: number) => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, index))]
    const element = box.current
    if (line === undefined || element === null) return
    setActive(line.id)
    const y = lines.indexOf(line) * height
    if (y < element.scrollTop) element.scrollTop = y
    else if (y + height > element.scrollTop + element.clientHeight)
      element.scrollTop = y + height - element.clientHeight
  }
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(at + 1),
    ArrowUp: () => move(Math.max(0, at - 1)),
    Home: () => move(0),
    End: () => move(lines.length - 1),
    PageDown: () => move(at + 10),
    PageUp: () => move(at - 10),
    Enter: () => {
      const line = lines[at]
      if (line !== undefined) open(line)
    }
  }
  if (lines.length === 0) {
    return (
      <div class="list">
        <div class="list-box" ref={box} tabIndex={-1}>
          {props.empty}
        </div>
      </div>
    )
  }
  return (
    <div class="list">
      <div class={`list-head ${props.kind}`} aria-hidden="true">
        {props.head}
      </div>
      <div
        key="lines"
        ref={box}
        class="list-box"
        role="listbox"
        tabIndex={0}
        aria-label={props.label}
        aria-activedescendant={at === -1 ? undefined : `line-${lines[at]?.id}`}
        onScroll={onScroll}
        onPointerMove={(event) => event.pointerType === "mouse" && setOver(true)}
        onPointerLeave={() => setOver(false)}
        onKeyDown={(event) => {
          const key = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined
          if (key === undefined || event.altKey || event.ctrlKey || event.metaKey) return
          event.preventDefault()
          key()
        }}
      >
        <Lines {...props} height={height} first={first} last={last} at={at} choose={setActive} />
      </div>
    </div>
  )
}

interface LinesProps<A extends Line> extends ListProps<A> {
  readonly height: number
  readonly first: number
  readonly last: number
  /** The place of the line that the keyboard is at. */
  readonly at: number
  readonly choose: (id: string) => void
}

/** The lines in sight, where they stand in the whole. */
const Lines = <A extends Line>(props: LinesProps<A>) => {
  const { lines, height, first, last, at, selected, kind } = props
  const classOf = (line: A, index: number) =>
    `line ${kind}${line.id === selected ? " selected" : ""}${index === at ? " active" : ""}`
  return (
    <div class="list-space" role="presentation" style={{ height: `${lines.length * height}px` }}>
      <div class="list-window" role="presentation" style={{ transform: `translateY(${first * height}px)` }}>
        {lines.slice(first, last).map((line, index) => (
          <div
            key={line.id}
            id={`line-${line.id}`}
            class={classOf(line, first + index)}
            role="option"
            aria-selected={line.id === selected}
            aria-setsize={lines.length}
            aria-posinset={first + index + 1}
            style={{ height: `${height}px` }}
            onClick={() => {
              props.choose(line.id)
              props.open(line)
            }}
          >
            {props.render(line)}
          </div>
        ))}
      </div>
    </div>
  )
}
