/**
 * The small pieces that every view is made of.
 */
import type { ComponentChildren } from "preact"
import { useEffect, useId, useState } from "preact/hooks"
import { linesOf } from "../model/api.ts"
import { ago, clock, seen } from "../model/text.ts"
import { Icon, type IconName } from "./Icon.tsx"

/** Text of which nobody knows what is in it: isolated from what stands beside it, with what is not seen written out. */
export const Text = ({ children, class: className }: { readonly children: unknown; readonly class?: string }) => {
  const text =
    typeof children === "string" ? children : children === undefined || children === null ? "" : String(children)
  return <bdi class={className}>{seen(text.length > 4000 ? `${text.slice(0, 4000)}…` : text)}</bdi>
}

/** An id in full; a click copies it. */
export const Id = ({ value }: { readonly value: unknown }) => {
  const [done, copy] = useCopied()
  if (typeof value !== "string" || value === "") return null
  return (
    <button type="button" class="id" onClick={() => copy(value)} title="Copy">
      <bdi>{seen(value)}</bdi>
      <Icon name={done ? "check" : "copy"} />
      <span class="hidden" role="status">
        {done ? "copied" : ""}
      </span>
    </button>
  )
}

const useCopied = () => {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), 1500)
    return () => clearTimeout(timer)
  }, [done])
  const copy = (text: string) => void navigator.clipboard.writeText(text).then(() => setDone(true))
  return [done, copy] as const
}

/** A button that copies what `text` gives. */
export const Copy = ({ text, label }: { readonly text: string | (() => Promise<string>); readonly label: string }) => {
  const [done, copy] = useCopied()
  return (
    <Button icon={done ? "check" : "copy"} run={async () => copy(typeof text === "string" ? text : await text())}>
      {done ? "Copied" : label}
    </Button>
  )
}

/** A point in time: relative, the absolute one on hover. */
export const Time = ({ at }: { readonly at: unknown }) => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000)
    return () => clearInterval(timer)
  }, [])
  if (typeof at !== "string" || at === "") return null
  return (
    <time dateTime={at} title={at}>
      {clock(at)} <span class="muted">{ago(at, now)}</span>
    </time>
  )
}

/** What went wrong, in the words of the command line. */
export const Problem = ({ error }: { readonly error: unknown }) => {
  if (error === undefined) return null
  const lines = linesOf(error)
  return (
    <div class="problem" role="alert">
      <Icon name="cross" />
      <ul>
        {lines.map((line) => (
          <li>
            <Text>{line}</Text>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Runs something once at a time; keeps what went wrong. */
export const useAction = () => {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const run = async (work: () => unknown) => {
    // A button that were disabled meanwhile would lose the keyboard.
    if (busy) return
    setBusy(true)
    setError(undefined)
    try {
      await work()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}

interface ButtonProps {
  readonly run: () => unknown
  readonly children: ComponentChildren
  readonly icon?: IconName
  readonly kind?: "primary" | "danger"
  readonly disabled?: boolean
  /** What a second press must confirm. */
  readonly confirm?: string
}

/** A button that does something; it says what went wrong beside itself. */
export const Button = ({ run, children, icon, kind, disabled = false, confirm }: ButtonProps) => {
  const action = useAction()
  const [asking, setAsking] = useState(false)
  const press = () => {
    if (confirm !== undefined && !asking) return setAsking(true)
    setAsking(false)
    void action.run(run)
  }
  return (
    <span class="act">
      <button
        type="button"
        class={kind}
        disabled={disabled}
        aria-busy={action.busy}
        onClick={press}
        onBlur={() => setAsking(false)}
      >
        {icon && <Icon name={icon} />}
        <span>{asking ? confirm : children}</span>
      </button>
      <Problem error={action.error} />
    </span>
  )
}

/** A labelled field. */
export const Field = (props: {
  readonly label: string
  readonly hint?: string
  readonly wide?: boolean
  readonly children: (id: string) => ComponentChildren
}) => {
  const id = useId()
  return (
    <div class={props.wide ? "field wide" : "field"}>
      <label for={id}>{props.label}</label>
      {props.children(id)}
      {props.hint && <p class="hint">{props.hint}</p>}
    </div>
  )
}

interface InputProps {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
  readonly placeholder?: string
  readonly hint?: string
  /** Is not shown while it is typed. */
  readonly secret?: boolean
  readonly mono?: boolean
}

/** A line of text. */
export const Input = ({ label, value, set, placeholder, hint, secret = false, mono = false }: InputProps) => (
  <Field label={label} {...(hint === undefined ? {} : { hint })}>
    {(id) => (
      <input
        id={id}
        {...(secret ? { type: "password" as const } : { type: "text" as const })}
        class={mono ? "mono" : undefined}
        value={value}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => set(event.currentTarget.value)}
      />
    )}
  </Field>
)

/** One of several. */
export const Select = (props: {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
  readonly options: ReadonlyArray<readonly [value: string, label: string]>
}) => (
  <Field label={props.label}>
    {(id) => (
      <select id={id} value={props.value} onChange={(event) => props.set(event.currentTarget.value)}>
        {props.options.map(([value, label]) => (
          <option value={value} selected={value === props.value}>
            {seen(label)}
          </option>
        ))}
      </select>
    )}
  </Field>
)

/** JSON to write; `issues` are shown below while one types. */
export const Editor = (props: {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
  readonly issues: ReadonlyArray<string>
  readonly rows?: number
  readonly hint?: string
}) => (
  <Field label={props.label} wide {...(props.hint === undefined ? {} : { hint: props.hint })}>
    {(id) => (
      <>
        <textarea
          id={id}
          class="mono"
          rows={props.rows ?? 8}
          spellcheck={false}
          value={props.value}
          aria-invalid={props.issues.length > 0}
          aria-describedby={`${id}-issues`}
          onInput={(event) => props.set(event.currentTarget.value)}
        />
        <ul id={`${id}-issues`} class="issues" aria-live="polite">
          {props.issues.slice(0, 8).map((issue) => (
            <li>
              <Icon name="cross" />
              <Text>{issue}</Text>
            </li>
          ))}
        </ul>
      </>
    )}
  </Field>
)

/** On or off. */
export const Switch = (props: {
  readonly on: boolean
  readonly set: (on: boolean) => unknown
  readonly label: string
  readonly children?: ComponentChildren
}) => {
  const action = useAction()
  return (
    <div class="switch">
      <button
        type="button"
        role="switch"
        aria-checked={props.on}
        aria-label={props.label}
        aria-busy={action.busy}
        onClick={() => void action.run(() => props.set(!props.on))}
      >
        <span class="knob" />
        <span class="state" aria-hidden="true">
          {props.on ? "on" : "off"}
        </span>
      </button>
      <div class="switch-text">{props.children}</div>
      <Problem error={action.error} />
    </div>
  )
}

/** A part of a detail or a page, under its heading. */
export const Section = (props: {
  readonly title: string
  readonly children: ComponentChildren
  readonly aside?: ComponentChildren
}) => (
  <section class="section">
    <div class="section-head">
      <h3>{props.title}</h3>
      {props.aside}
    </div>
    {props.children}
  </section>
)

/** Nothing is there, and what to do about it. */
export const Empty = (props: {
  readonly title: string
  readonly command?: string
  readonly children?: ComponentChildren
}) => (
  <div class="empty">
    <p class="empty-title">{props.title}</p>
    {props.children}
    {props.command && <Snippet text={props.command} />}
  </div>
)

/** Lines to copy. */
export const Snippet = ({ text }: { readonly text: string }) => (
  <div class="snippet">
    <pre tabIndex={0}>
      <code>{seen(text)}</code>
    </pre>
    <Copy text={text} label="Copy" />
  </div>
)

/** Names and values, one a line. */
export const Facts = ({ of }: { readonly of: ReadonlyArray<readonly [name: string, value: ComponentChildren]> }) => (
  <dl class="facts">
    {of
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)
