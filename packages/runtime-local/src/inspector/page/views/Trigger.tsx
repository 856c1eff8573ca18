/**
 * An event by hand: of any type, its message changed as JSON, sent through the outbox like any other.
 */
import { useEffect, useState } from "preact/hooks"
import { api, linesOf, type Row } from "../model/api.ts"
import { useRead } from "../model/live.ts"
import { to } from "../model/route.ts"
import { readJson } from "../model/text.ts"
import { Button, Editor, Field, Input, Section, Text } from "../parts/basics.tsx"
import { Icon } from "../parts/Icon.tsx"
import { Json } from "../parts/Json.tsx"
import { Detail } from "../parts/Layout.tsx"

/** What can be triggered. */
export interface Catalog {
  readonly events: ReadonlyArray<{ readonly type: string; readonly question: boolean }>
  readonly sequences: ReadonlyArray<{ readonly type: string; readonly description: string }>
  readonly steps: ReadonlyArray<string>
}

interface Triggered extends Row {
  readonly jobs?: ReadonlyArray<{ readonly id: string; readonly target: string }>
  readonly jobId?: string
  readonly callId?: string
  readonly reply?: unknown
  readonly status?: number | null
  readonly valid?: boolean
  readonly issues?: ReadonlyArray<string>
}

/** The input as it stands, or what is wrong with it. */
const inputOf = (type: string, target: string, merge: string): { readonly input: Row } | { readonly issue: string } => {
  const read = merge.trim() === "" ? { value: undefined } : readJson(merge)
  if ("issue" in read) return read
  if (read.value !== undefined && (typeof read.value !== "object" || Array.isArray(read.value))) {
    return { issue: "Expected an object: what is merged into the message" }
  }
  return {
    input: {
      type,
      ...(target.trim() === "" ? {} : { to: target.trim() }),
      ...(read.value === undefined ? {} : { merge: read.value })
    }
  }
}

/** Asks, a moment after the last key, what would be sent. */
const usePreview = (type: string, target: string, merge: string) => {
  const [preview, setPreview] = useState<{ readonly message?: unknown; readonly targets?: ReadonlyArray<string> }>({})
  const [issues, setIssues] = useState<ReadonlyArray<string>>([])
  useEffect(() => {
    const read = inputOf(type, target, merge)
    if ("issue" in read) return setIssues([read.issue])
    let current = true
    const timer = setTimeout(async () => {
      try {
        const answer = await api("POST", "trigger", { ...read.input, dryRun: true })
        if (!current) return
        setPreview(answer)
        setIssues([])
      } catch (error) {
        if (current) setIssues(linesOf(error))
      }
    }, 200)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [type, target, merge])
  return { preview, issues }
}

export const Trigger = ({ close }: { readonly close: () => void }) => {
  const { value: catalog } = useRead<Catalog>("trigger")
  const [type, setType] = useState("end-of-call-report")
  const [target, setTarget] = useState("")
  const [merge, setMerge] = useState("")
  const [result, setResult] = useState<Triggered>()
  const { preview, issues } = usePreview(type, target, merge)
  const send = async () => {
    const read = inputOf(type, target, merge)
    if ("input" in read) setResult(await api<Triggered>("POST", "trigger", read.input))
  }
  const nobody = preview.targets?.length === 0
  return (
    <Detail title="Trigger an event" label="Trigger an event" close={close}>
      <div class="form">
        <Field label="Event">
          {(id) => (
            <select id={id} value={type} onChange={(event) => setType(event.currentTarget.value)}>
              {(catalog?.events ?? []).map((one) => (
                <option value={one.type} selected={one.type === type}>
                  {one.question ? `${one.type} (asks)` : one.type}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Input
          label="Goes to"
          value={target}
          set={setTarget}
          mono
          placeholder="where the runtime would send it"
          hint="An address of this machine, instead of the configured servers"
        />
        <Editor
          label="Merged into the message"
          value={merge}
          set={setMerge}
          issues={issues}
          rows={6}
          hint={'Such as { "endedReason": "customer-busy" }'}
        />
        <div class="row">
          <Button kind="primary" run={send} disabled={issues.length > 0}>
            Send
          </Button>
          {nobody && <span class="muted">Nobody would get it: no server is configured. Say where it goes.</span>}
        </div>
      </div>
      {result && <Result of={result} />}
      <Section title="What is sent">
        {preview.targets && preview.targets.length > 0 && (
          <p class="muted">
            To <Text class="mono">{preview.targets.join(", ")}</Text>
          </p>
        )}
        <Json value={preview.message} />
      </Section>
    </Detail>
  )
}

const Result = ({ of: result }: { readonly of: Triggered }) => {
  const { jobs, jobId, valid, issues = [], status } = result
  if (jobs !== undefined) {
    return (
      <p class="done" role="status">
        <Icon name="check" />
        <span>
          {jobs.length === 0 ? "Kept as an event; nobody is to get it." : "On its way: "}
          {jobs.map((job) => (
            <a href={to(["webhooks", job.id])}>{job.target}</a>
          ))}
        </span>
      </p>
    )
  }
  return (
    <Section title="The answer">
      <p class={`outcome ${valid ? "good" : "bad"}`} role="status">
        <Icon name={valid ? "check" : "cross"} />
        {valid ? `${status}: what the event asks for` : issues.join("; ")}
      </p>{" "}
      {jobId && <a href={to(["webhooks", jobId])}>Its attempts</a>}
      {result.reply !== undefined && <Json value={result.reply} />}
    </Section>
  )
}
