/**
 * Webhooks: every job with its attempts, what a handler makes of them, and events by hand.
 */
import { useState } from "preact/hooks"
import { api, as, type Page, type Row } from "../model/api.ts"
import { type LiveList, useLiveList, useRead } from "../model/live.ts"
import { go, type Place, refine, to, unlessGone } from "../model/route.ts"
import { clock, duration, shortened } from "../model/text.ts"
import { Attempts } from "../parts/Attempts.tsx"
import { Filter, NewLines } from "../parts/Bar.tsx"
import { Button, Empty, Facts, Id, Problem, Section, Text, Time } from "../parts/basics.tsx"
import { Headers } from "../parts/Headers.tsx"
import { Icon } from "../parts/Icon.tsx"
import { Json } from "../parts/Json.tsx"
import { Detail, Split } from "../parts/Layout.tsx"
import { List } from "../parts/List.tsx"
import { StateOfRuntime } from "../parts/StateOfRuntime.tsx"
import { Trigger } from "./Trigger.tsx"

/** A webhook job as lists have it. */
export interface Job extends Row {
  readonly id: string
  readonly organizationId: string
  readonly eventId: string
  readonly type: string
  readonly callId: string | null
  readonly target: string
  readonly status: string
  readonly attempts: number
  readonly statusCode: number | null
  readonly nextAttemptAt: string | null
  readonly replayOf: string | null
  readonly createdAt: string
}

const states: Readonly<Record<string, "good" | "bad" | "wait">> = {
  succeeded: "good",
  dead: "bad",
  cancelled: "bad",
  retrying: "wait",
  pending: "wait",
  delivering: "wait"
}

/** The state of a job: colour and shape say the same. */
export const JobState = ({ job }: { readonly job: Pick<Job, "status" | "statusCode"> }) => {
  const state = states[job.status] ?? "wait"
  return (
    <span class={`outcome ${state}`}>
      <Icon name={state === "good" ? "check" : state === "bad" ? "cross" : "wait"} />
      {job.status}
    </span>
  )
}

const Line = ({ job }: { readonly job: Job }) => (
  <>
    <span class="time">{clock(job.createdAt)}</span>
    <Text>{job.type}</Text>
    <Text class="muted">{job.target.replace(/^https?:\/\//, "")}</Text>
    <JobState job={job} />
    <span class="number">
      {job.attempts} × {job.statusCode ?? (job.attempts === 0 ? "" : "no answer")}
    </span>
    <span class="muted">{job.nextAttemptAt === null ? "" : `next ${clock(job.nextAttemptAt)}`}</span>
  </>
)

const kinds = ["all", "succeeded", "retrying", "dead"] as const

export const Webhooks = ({ place }: { readonly place: Place }) => {
  const [id] = place.parts
  const status = place.query.get("status") ?? "all"
  const type = place.query.get("type") ?? ""
  const query = { status: status === "all" ? "" : status, type }
  const list = useLiveList<Job>({
    path: `jobs?limit=200${status === "all" ? "" : `&status=${status}`}${type === "" ? "" : `&type=${encodeURIComponent(type)}`}`,
    type: "job",
    idOf: (job) => job.id,
    takes: (job) => (status === "all" || job.status === status) && (type === "" || job.type === type)
  })
  return (
    <Split
      bar={
        <>
          <Filter
            value={type}
            set={(next) => refine("webhooks", { type: next.trim() })}
            hint="type, such as end-of-call-report"
          />
          <div class="chips" role="group" aria-label="Which webhooks">
            {kinds.map((one) => (
              <a href={to(["webhooks"], { ...query, status: one === "all" ? "" : one })} aria-current={one === status}>
                {one}
              </a>
            ))}
          </div>
          <NewLines count={list.waiting} show={list.show} />
          <span class="grow" />
          <StateOfRuntime />
          <Button icon="plus" kind="primary" run={() => go(["webhooks", "new"], query)}>
            Trigger
          </Button>
        </>
      }
      list={<Jobs list={list} id={id} query={query} />}
      detail={
        id === "new" ? (
          <Trigger close={() => go(["webhooks"], query)} />
        ) : (
          id !== undefined && <JobDetail id={id} known={list.items} close={() => go(["webhooks"], query)} />
        )
      }
    />
  )
}

interface JobsProps {
  readonly list: LiveList<Job>
  readonly id: string | undefined
  readonly query: Readonly<Record<string, string>>
}

const Jobs = ({ list, id, query }: JobsProps) => (
  <List
    label="Webhooks, newest first"
    kind="job"
    lines={list.items}
    selected={id}
    open={(job) => go(["webhooks", job.id], query)}
    render={(job) => <Line job={job} />}
    older={list.older}
    onReading={list.setReading}
    head={
      <>
        <span>Time</span>
        <span>Type</span>
        <span>Goes to</span>
        <span>State</span>
        <span class="number">Attempts</span>
        <span>Next</span>
      </>
    }
    empty={
      list.ready && (
        <Empty
          title="No webhook was due yet."
          command="aywa-runtime webhooks trigger end-of-call-report --to http://127.0.0.1:3000/webhooks --env-file .env.local"
        >
          <Problem error={list.error} />
          <p>
            They go to the server of an assistant, a number or a tool, or to a webhook endpoint: give one of them a{" "}
            <code>server.url</code>, or press Trigger.
          </p>
        </Empty>
      )
    }
  />
)

/** An attempt, whole. */
interface JobAttempt {
  readonly attempt: number
  readonly state: string
  readonly sentAt: string
  readonly statusCode: number | null
  readonly latencyMs: number | null
  readonly requestHeaders: Row
  readonly responseHeaders: Row | null
  readonly responseBody: string | null
  readonly error: string | null
  readonly fault?: string
}

interface WholeJob extends Row {
  readonly id: string
  readonly status: string
  readonly statusCode: number | null
  readonly type: string
  readonly target: string
  readonly eventId: string
  readonly callId: string | null
  readonly nextAttemptAt: string | null
  readonly replayOf: string | null
  readonly createdAt: string
  readonly warning?: string
  readonly attempts: ReadonlyArray<JobAttempt>
  readonly payload: Row
}

interface Receipt {
  readonly attempt: number
  readonly ok: boolean
  readonly id?: string
  readonly type?: string
  readonly scheme?: string
  readonly reason?: string
  readonly message?: string
  readonly handlerStatus?: number
}

const isGood = ({ state, statusCode }: JobAttempt): boolean | undefined =>
  state === "started" ? undefined : statusCode !== null && statusCode < 300

const firstLine = (text: string | null): string => (text ?? "").split("\n")[0]?.slice(0, 200) ?? ""

/** What became of a job, in plain words. */
const story = ({ status, attempts, nextAttemptAt, target }: WholeJob): string => {
  const last = attempts.at(-1)
  if (last === undefined) return status === "pending" ? "It has not been sent yet." : "It was never sent."
  if (status === "delivering") return "An attempt is under way."
  const tries = attempts.length === 1 ? "at once" : `with attempt ${attempts.length}`
  if (status === "succeeded") return `Delivered ${tries}: the receiver answered ${last.statusCode ?? ""}.`
  const why =
    last.statusCode === null
      ? `nobody answered (${last.error ?? "no connection"})`
      : `${shortened(target)} answered ${last.statusCode}${firstLine(last.responseBody) === "" ? "" : `: ${firstLine(last.responseBody)}`}`
  const next =
    status === "dead" || status === "cancelled"
      ? "It is not sent again by itself: retry it when the receiver is well."
      : `It is sent again${nextAttemptAt === null ? " now" : ` at ${clock(nextAttemptAt)}`}.`
  return `Not delivered: ${why}. ${next}`
}

interface DetailProps {
  readonly id: string
  readonly known: ReadonlyArray<Job>
  readonly close: () => void
}

const JobDetail = ({ id, known, close }: DetailProps) => {
  const inList = known.find((job) => job.id === id)
  const found = useRead<Page<Job>>(inList === undefined ? `jobs?id=${encodeURIComponent(id)}` : undefined).value
  const organization = inList?.organizationId ?? found?.items[0]?.organizationId
  const concerns = (data: Row) => data["id"] === id || data["jobId"] === id
  const { value: job, error } = useRead<WholeJob>(
    organization === undefined ? undefined : as(organization, `/logs/webhooks/${id}`),
    ["job", "attempt"],
    concerns
  )
  const handler = useRead<{ readonly items: ReadonlyArray<Receipt> }>(`jobs/${id}/handler`, ["attempt"], concerns).value
  const [chosen, choose] = useState<string>()
  if (job === undefined || organization === undefined) {
    return (
      <Detail title="Webhook" label={`Webhook ${id}`} close={close}>
        <Problem error={error} />
        {found?.items.length === 0 && <p class="muted">There is no such webhook any more.</p>}
      </Detail>
    )
  }
  const attempt = job.attempts.find((one) => String(one.attempt) === chosen) ?? job.attempts.at(-1)
  return (
    <Detail
      label={`Webhook ${id}`}
      close={close}
      title={
        <>
          <Text class="path">{job.type}</Text> <JobState job={job} />
        </>
      }
      actions={<JobActions job={job} organization={organization} />}
    >
      <p class={job.status === "succeeded" || job.attempts.length === 0 ? "story" : "story bad"}>
        <Text>{story(job)}</Text>
      </p>
      <Attempts
        chosen={String(attempt?.attempt)}
        choose={choose}
        attempts={job.attempts.map((one) => ({
          id: String(one.attempt),
          number: one.attempt,
          ok: isGood(one),
          outcome:
            one.statusCode === null ? (one.state === "started" ? "under way" : "no answer") : String(one.statusCode),
          fault: one.fault,
          note: `${clock(one.sentAt)} · ${duration(one.latencyMs ?? undefined)}`
        }))}
      />
      <Facts
        of={[
          ["Goes to", <Id value={job.target} />],
          ["Event", <Id value={job.eventId} />],
          ["Call", job.callId && <a href={to(["calls", job.callId])}>{job.callId}</a>],
          ["Repeats", job.replayOf && <a href={to(["webhooks", job.replayOf])}>{job.replayOf}</a>],
          ["Happened", <Time at={job.createdAt} />],
          ["Next attempt", job.nextAttemptAt && <Time at={job.nextAttemptAt} />],
          ["Warning", job.warning]
        ]}
      />
      {attempt && (
        <AttemptSections attempt={attempt} receipt={handler?.items.find((one) => one.attempt === attempt.attempt)} />
      )}
      <Section title="Message">
        <Json value={job.payload} />
      </Section>
    </Detail>
  )
}

const JobActions = ({ job, organization }: { readonly job: WholeJob; readonly organization: string }) => (
  <>
    <Button
      icon="replay"
      disabled={job.status === "succeeded" || job.status === "delivering"}
      run={() => api("POST", as(organization, `/logs/webhooks/jobs/${job.id}/retry`))}
    >
      Retry now
    </Button>
    <Button
      icon="plus"
      run={async () => {
        const then = unlessGone()
        const copy = await api("POST", as(organization, `/logs/webhooks/${job.id}/replay`))
        then(() => go(["webhooks", String(copy["id"])]))
      }}
    >
      Replay as a new event
    </Button>
  </>
)

interface AttemptProps {
  readonly attempt: JobAttempt
  readonly receipt: Receipt | undefined
}

const AttemptSections = ({ attempt, receipt }: AttemptProps) => (
  <>
    <Section title="What your handler would see">
      {receipt === undefined ? (
        <p class="muted">…</p>
      ) : receipt.ok && attempt.statusCode === 401 ? (
        <>
          <p class="outcome bad">
            <Icon name="cross" />
            Your receiver has another secret
          </p>
          <p>
            A handler with this runtime's secret would take it as {receipt.type}; yours answered 401. Start it with the
            runtime's <code>AYWA_RUNTIME_WEBHOOK_SECRET</code>, which a new start changes, and see that nothing in front
            of it asks for a login.
          </p>
        </>
      ) : receipt.ok ? (
        <p class="outcome good">
          <Icon name="check" />
          Verified: {receipt.type}, signed as {receipt.scheme}, id {receipt.id}
        </p>
      ) : (
        <>
          <p class="outcome bad">
            <Icon name="cross" />
            Refused: {receipt.reason}
          </p>
          <p>
            <Text>{receipt.message}</Text>. A handler of the SDK answers this with {receipt.handlerStatus}.
          </p>
        </>
      )}
    </Section>
    <Section title={`Attempt ${attempt.attempt}: sent`}>
      <Headers of={attempt.requestHeaders} />
    </Section>
    <Section title={`Attempt ${attempt.attempt}: answered`}>
      {attempt.error && (
        <p class="outcome bad">
          <Icon name="cross" />
          <Text>{attempt.error}</Text>
        </p>
      )}
      {attempt.responseHeaders && <Headers of={attempt.responseHeaders} />}
      {attempt.responseBody ? (
        <pre class="body" tabIndex={0}>
          <Text>{attempt.responseBody}</Text>
        </pre>
      ) : (
        attempt.state !== "started" && <p class="muted">No body.</p>
      )}
    </Section>
  </>
)
