/**
 * A JSON value as a tree. What is deep, long or much is not built before somebody opens it.
 */
import { useState } from "preact/hooks"
import { count, seen, size } from "../model/text.ts"
import { Icon } from "./Icon.tsx"

/** Levels that are open at first; characters of a string, and parts of a level, that are shown at a time. */
const openDepth = 2
const stringPart = 600
const levelPart = 100

const Scalar = ({ value }: { readonly value: unknown }) => {
  const [whole, setWhole] = useState(1)
  if (typeof value !== "string")
    return <span class={`json-${value === null ? "null" : typeof value}`}>{String(value)}</span>
  const shown = whole * stringPart
  const text = value.length > shown ? `${value.slice(0, shown)}…` : value
  return (
    <>
      <bdi class="json-string">{seen(JSON.stringify(text))}</bdi>
      {value.length > shown && (
        <button type="button" class="link" onClick={() => setWhole(whole * 8)}>
          more of {size(value.length)}
        </button>
      )}
    </>
  )
}

interface NodeProps {
  readonly name: string | undefined
  readonly value: unknown
  readonly depth: number
}

const Node = ({ name, value, depth }: NodeProps) => {
  const isParent = typeof value === "object" && value !== null
  const entries = isParent ? Object.entries(value) : []
  const [open, setOpen] = useState(depth < openDepth && entries.length <= levelPart)
  const [shown, setShown] = useState(levelPart)
  const label = name === undefined ? null : <bdi class="json-key">{seen(name)}</bdi>
  if (!isParent || entries.length === 0) {
    return (
      <li>
        <span class="json-line">
          {label}
          {isParent ? <span class="muted">{Array.isArray(value) ? "[ ]" : "{ }"}</span> : <Scalar value={value} />}
        </span>
      </li>
    )
  }
  return (
    <li>
      <button type="button" class="json-line json-parent" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="more" />
        {label}
        <span class="muted">{Array.isArray(value) ? `[ ${entries.length} ]` : `{ ${entries.length} }`}</span>
      </button>
      {open && (
        <ul>
          {entries.slice(0, shown).map(([key, item]) => (
            <Node key={key} name={key} value={item} depth={depth + 1} />
          ))}
          {entries.length > shown && (
            <li>
              <button type="button" class="link" onClick={() => setShown(shown + levelPart)}>
                {count(entries.length - shown, "more entry").replace("entrys", "entries")}
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}

/** The tree. */
export const Json = ({ value }: { readonly value: unknown }) => (
  <ul class="json">
    {typeof value === "object" && value !== null && Object.keys(value).length > 0 ? (
      Object.entries(value)
        .slice(0, 1000)
        .map(([key, item]) => <Node key={key} name={key} value={item} depth={1} />)
    ) : (
      <Node name={undefined} value={value} depth={0} />
    )}
  </ul>
)
