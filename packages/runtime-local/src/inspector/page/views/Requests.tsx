/**
 * Requests: what reached the runtime, the attempts of one call as one line.
 */
import type { ComponentChildren } from "preact"
import { useEffect, useMemo, useState } from "preact/hooks"
import { api, type Row } from "../model/api.ts"
import { curlOf, sdkCallOf } from "../model/copies.ts"
import { rowPlace } from "../model/contract.ts"
import { useJournal } from "../model/journal.ts"
import { useRead } from "../model/live.ts"
import { committedCount, explain, type Group, isFailure, outcomeOf, type RequestSummary } from "../model/requests.ts"
import { go, type Place, refine, to, unlessGone } from "../model/route.ts"
import { clock, count, duration, size } from "../model/text.ts"
import { Attempts } from "../parts/Attempts.tsx"
import { Button, Copy, Empty, Facts, Id, Problem, Section, Text, Time } from "../parts/basics.tsx"
import { Filter, NewLines } from "../parts/Bar.tsx"
import { Diff } from "../parts/Diff.tsx"
import { Headers } from "../parts/Headers.tsx"
import { Icon } from "../parts/Icon.tsx"
import { Json } from "../parts/Json.tsx"
import { Detail, Split } from "../parts/Layout.tsx"
import { List } from "../parts/List.tsx"
import { StateOfRuntime } from "../parts/StateOfRuntime.tsx"
import { NewRequest } from "./NewRequest.tsx"

/** A line: a call, or one of its attempts below it. */
interface RequestLine {
  readonly id: string
  readonly group: Group
  /** Of an attempt, its place. */
  readonly index?: number
}

const linesOf = (groups: ReadonlyArray<Group>): ReadonlyArray<RequestLine> =>
  groups.flatMap((group) => [
    { id: `g${group.attempts[0]?.id ?? ""}`, group },
    ...(group.attempts.length === 1 || group.attempts.length > 8
      ? []
      : group.attempts.map((entry, index) => ({ id: `a${entry.id}`, group, index })))
  ])

const Fault = ({ of }: { readonly of: string | undefined }) => {
  if (of === undefined) return null
  const [action, when] = of.split(" ")
  return (
    <span class="fault" title={`A fault: ${of} the work`}>
      <Icon name="faults" />
      {action} {when === "after" ? "after commit" : "before"}
    </span>
  )
}

const Outcome = ({ entry }: { readonly entry: RequestSummary }) => (
  <span class={`outcome ${isFailure(entry) ? "bad" : "good"}`}>
    {isFailure(entry) && <Icon name="cross" />}
    {outcomeOf(entry)}
  </span>
)

const Line = ({ line }: { readonly line: RequestLine }) => {
  const { group, index } = line
  const { attempts } = group
  const entry = attempts[index ?? attempts.length - 1]
  if (entry === undefined) return null
  if (index !== undefined) {
    return (
      <>
        <span class={index === attempts.length - 1 ? "branch last" : "branch"} aria-hidden="true" />
        <span class="sub-number">{index + 1}</span>
        <Outcome entry={entry} />
        <span class="number">{duration(entry.ms)}</span>
        <span class="note">
          <Fault of={entry.fault} />
          {entry.committed && <span class="tag good">work done</span>}
          {entry.replayed && <span class="tag">from the record</span>}
        </span>
      </>
    )
  }
  const rows = committedCount(group)
  return (
    <>
      <span class="time">{clock(attempts[0]?.time)}</span>
      <span class="method">{entry.method}</span>
      <Text class="path">{`${entry.path}${entry.query === "" ? "" : `?${entry.query}`}`}</Text>
      <Outcome entry={entry} />
      <span class="number">{duration(entry.ms)}</span>
      <span class="note">
        {attempts.length > 1 && (
          <span class="tag strong">
            {attempts.length} attempts, {count(rows, "row")}
          </span>
        )}
        {attempts.length === 1 && <Fault of={entry.fault} />}
        {entry.warning && <span class="tag warn">warning</span>}
        {entry.idempotencyKey && <Text class="key">{entry.idempotencyKey}</Text>}
      </span>
    </>
  )
}

const Rate = ({ of }: { readonly of: ReadonlyArray<number> }) => {
  const most = Math.max(1, ...of)
  const perMinute = of.reduce((sum, n) => sum + n, 0)
  return (
    <span class="rate" title="Requests of the last minute">
      <svg viewBox={`0 0 ${of.length * 3} 16`} aria-hidden="true" class="spark">
        {of.map((n, index) => {
          const height = n === 0 ? 1 : Math.max(2, (n / most) * 16)
          return <rect x={index * 3} y={16 - height} width="2" height={height} />
        })}
      </svg>
      <span class="number">{perMinute}/min</span>
    </span>
  )
}

const kinds = ["all", "failed", "repeated", "faults", "writes"] as const

const isKind = (kind: string, { attempts }: Group): boolean => {
  if (kind === "failed") return attempts.some(isFailure)
  if (kind === "repeated") return attempts.length > 1
  if (kind === "faults") return attempts.some(({ fault }) => fault !== undefined)
  return kind === "writes" ? attempts.some(({ committed }) => committed) : true
}

/** `status:400 method:POST key:k1 path:/tool text` as parameters of the control route. */
const parametersOf = (filter: string): string => {
  const known = new Set(["status", "method", "key", "path", "committed"])
  const words: Array<string> = []
  const pairs: Array<string> = []
  for (const word of filter.split(/\s+/).filter((one) => one !== "")) {
    const [, name = "", value = ""] = /^(\w+):(.+)$/.exec(word) ?? []
    if (known.has(name)) pairs.push(`&${name}=${encodeURIComponent(value)}`)
    else words.push(word)
  }
  return `${pairs.join("")}${words.length === 0 ? "" : `&text=${encodeURIComponent(words.join(" "))}`}`
}

export const Requests = ({ place }: { readonly place: Place }) => {
  const [id] = place.parts
  const filter = place.query.get("q") ?? ""
  const kind = place.query.get("kind") ?? "all"
  const journal = useJournal(parametersOf(filter))
  const { requests, order } = journal
  const groups = useMemo(
    () => order.flatMap((key) => requests.groups.get(key) ?? []).filter((group) => isKind(kind, group)),
    [order, requests, kind]
  )
  const lines = useMemo(() => linesOf(groups), [groups])
  const query = { q: filter, kind: kind === "all" ? "" : kind }
  const open = lines.find(({ group, index }) => index === undefined && group.attempts.some((entry) => entry.id === id))
  const selected = lines.find((line) => line.id === `a${id}`)?.id ?? open?.id
  return (
    <Split
      bar={
        <>
          <Filter
            value={filter}
            set={(q) => refine("requests", { q })}
            hint="text, or status:400 method:POST key:… path:/tool"
          />
          <div class="chips" role="group" aria-label="Which requests">
            {kinds.map((one) => (
              <a href={to(["requests"], { ...query, kind: one === "all" ? "" : one })} aria-current={one === kind}>
                {one}
              </a>
            ))}
          </div>
          <NewLines count={journal.waiting} show={journal.show} />
          <span class="grow" />
          <Rate of={journal.rate} />
          <StateOfRuntime />
          <Button icon="plus" run={() => go(["requests", "new"], query)}>
            Try
          </Button>
        </>
      }
      list={
        <List
          label="Requests, newest first"
          kind="request"
          lines={lines}
          selected={selected}
          open={({ group, index }) =>
            go(["requests", group.attempts[index ?? group.attempts.length - 1]?.id ?? ""], query)
          }
          render={(line) => <Line line={line} />}
          older={journal.older}
          onReading={journal.setReading}
          head={
            <>
              <span>Time</span>
              <span>Method</span>
              <span>Path</span>
              <span>Status</span>
              <span class="number">Took</span>
              <span>Attempts, key</span>
            </>
          }
          empty={<NoRequests ready={journal.ready} error={journal.error} filtered={filter !== "" || kind !== "all"} />}
        />
      }
      detail={
        id === "new" ? (
          <NewRequest close={() => go(["requests"], query)} />
        ) : (
          id !== undefined && <RequestDetail id={id} group={open?.group} close={() => go(["requests"], query)} />
        )
      }
    />
  )
}

const NoRequests = (props: { readonly ready: boolean; readonly error: unknown; readonly filtered: boolean }) => {
  if (props.error !== undefined) return <Problem error={props.error} />
  if (!props.ready) return null
  if (props.filtered) {
    return (
      <Empty title="No request fits.">
        <a href="#/requests">Show all</a>
      </Empty>
    )
  }
  return (
    <Empty
      title="Nothing has reached this runtime yet."
      command={`curl -H "authorization: Bearer $AYWA_RUNTIME_API_KEY" "$AYWA_RUNTIME_BASE_URL/assistant"`}
    >
      <p>Each request of your program is a line here; the attempts of one call are folded into one.</p>
    </Empty>
  )
}

/** A request, whole. */
interface Whole extends RequestSummary {
  readonly headers: Row
  readonly body?: unknown
  readonly answer?: { readonly status: number; readonly headers: Row; readonly body?: unknown }
  readonly idempotency?: { readonly key: string; readonly replayed: boolean; readonly firstId?: string }
}

const RequestDetail = (props: {
  readonly id: string
  readonly group: Group | undefined
  readonly close: () => void
}) => {
  const { id, close } = props
  const [show, setShow] = useState(false)
  const { value, error, read } = useRead<Whole>(`requests/${id}${show ? "?show=secrets" : ""}`)
  const status = props.group?.attempts.find((entry) => entry.id === id)?.status
  useEffect(() => void read(), [status])
  if (value === undefined) {
    return (
      <Detail title="Request" label={`Request ${id}`} close={close}>
        <Problem error={error} />
      </Detail>
    )
  }
  const group = props.group ?? { key: id, attempts: [value] }
  return (
    <Detail
      label={`Request ${id}`}
      close={close}
      title={
        <>
          <span class="method">{value.method}</span> <Text class="path">{value.path}</Text> <Outcome entry={value} />
        </>
      }
      actions={<RequestActions request={value} show={show} setShow={setShow} />}
    >
      <p class="story">
        {explain(group)} <Text>{refusalOf(value)}</Text>
      </p>
      <Attempts
        chosen={id}
        choose={(chosen) => go(["requests", chosen])}
        attempts={group.attempts.map((entry, index) => ({
          id: entry.id,
          number: index + 1,
          ok: entry.status === undefined && entry.fault === undefined ? undefined : !isFailure(entry),
          outcome: outcomeOf(entry),
          fault: entry.fault,
          note: `${duration(entry.ms)}${entry.committed ? ", did the work" : ""}`
        }))}
      />
      <RequestFacts request={value} />
      <Differences group={group} request={value} />
      <Section title="Request">
        <Headers of={value.headers} />
        <Body value={value.body} bytes={value.requestBytes} />
      </Section>
      <Section title="Answer">
        {value.answer === undefined ? (
          <p class="muted">None was sent{value.fault === undefined ? " yet." : `: ${value.fault} the work.`}</p>
        ) : (
          <>
            {value.fault !== undefined && (
              <p class="muted">What the fault {value.fault.split(" ")[0]} left of it may be less than this.</p>
            )}
            <Headers of={value.answer.headers} />
            <Body value={value.answer.body} bytes={value.answerBytes} />
          </>
        )}
      </Section>
    </Detail>
  )
}

/** What an answer that is an error says. */
const refusalOf = ({ status = 0, answer }: Whole): string => {
  const { message }: Row = { ...Object(answer?.body) }
  return status < 400 || message === undefined ? "" : `It says: ${[message].flat().join("; ")}.`
}

const Body = ({ value, bytes }: { readonly value: unknown; readonly bytes: number | undefined }): ComponentChildren => {
  if (value !== undefined) return <Json value={value} />
  return bytes ? (
    <p class="muted">{size(bytes)} that are no JSON, or not kept: nobody knows what in it is secret.</p>
  ) : null
}

const RequestFacts = ({ request }: { readonly request: Whole }) => {
  const { answer, path, idempotency, committed, replayed, method } = request
  const made: Row = { ...Object(answer?.body) }
  const place = method === "POST" && (committed || replayed) ? rowPlace(path, made["id"]) : undefined
  return (
    <Facts
      of={[
        ["Arrived", <Time at={request.time} />],
        ["Row", place && <a href={to(place)}>{String(made["name"] ?? made["id"])}</a>],
        ["Key", idempotency && <Id value={idempotency.key} />],
        [
          "Repeats",
          idempotency?.firstId && idempotency.firstId !== request.id && (
            <a href={to(["requests", idempotency.firstId])}>request {idempotency.firstId}</a>
          )
        ],
        ["Fault", request.fault && <Fault of={request.fault} />],
        ["Warning", request.warning && <Text>{request.warning}</Text>],
        ["Organization", <Id value={request.organization} />],
        ["Request id", <Id value={request.requestId} />]
      ]}
    />
  )
}

/** What an attempt said differently from the one before it. */
const Differences = ({ group, request }: { readonly group: Group; readonly request: Whole }) => {
  const at = group.attempts.findIndex(({ id }) => id === request.id)
  const before = group.attempts[at - 1]
  const { value } = useRead<Whole>(before === undefined ? undefined : `requests/${before.id}`)
  if (value === undefined || before === undefined) return null
  const view = ({ headers, body, answer, fault, status }: Whole) => ({
    request: { headers, body },
    fault,
    answer: { status: answer === undefined ? undefined : status, headers: answer?.headers, body: answer?.body }
  })
  return (
    <Section title={`Attempt ${at + 1} against attempt ${at}`}>
      <Diff before={view(value)} after={view(request)} names={[`Attempt ${at}`, `Attempt ${at + 1}`]} />
    </Section>
  )
}

interface ActionsProps {
  readonly request: Whole
  readonly show: boolean
  readonly setShow: (show: boolean) => void
}

const RequestActions = ({ request, show, setShow }: ActionsProps) => {
  const resend = async (newKey: boolean) => {
    const then = unlessGone()
    const { requestId } = await api("POST", `requests/${request.id}/resend`, { newKey })
    const { items } = await api<{ items: ReadonlyArray<RequestSummary> }>(
      "GET",
      `requests?path=${encodeURIComponent(request.path)}`
    )
    const sent = items.find((entry) => entry.requestId === requestId)
    if (sent !== undefined) then(() => go(["requests", sent.id]))
  }
  const key = async () => (show ? String((await api("GET", "runtime?show=secrets"))["apiKey"]) : undefined)
  const masked = show ? request.body : (request.body ?? undefined)
  return (
    <>
      <Button icon="replay" run={() => resend(false)}>
        {request.idempotencyKey === undefined ? "Send again" : "Send again, same key"}
      </Button>
      {request.idempotencyKey !== undefined && (
        <Button icon="plus" run={() => resend(true)}>
          Send under a new key
        </Button>
      )}
      <Copy label="Copy as curl" text={async () => curlOf(request, masked, location.origin, await key())} />
      <Copy
        label="Copy as SDK call"
        text={async () => {
          const text = await sdkCallOf(request, masked, location.origin, await key())
          if (text === undefined) throw new Error("The contract has no operation for this request: copy it as curl")
          return text
        }}
      />
      <Button run={() => setShow(!show)}>{show ? "Mask secrets" : "Show secrets"}</Button>
    </>
  )
}
