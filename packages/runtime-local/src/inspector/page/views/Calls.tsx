/**
 * Calls as they run: transcript, tools, hooks and costs on one axis of time; and ways to take part.
 */
import { useState } from "preact/hooks"
import { api, as, type Page, type Row } from "../model/api.ts"
import { useLiveList, useRead } from "../model/live.ts"
import { go, type Place, to } from "../model/route.ts"
import { clock, duration } from "../model/text.ts"
import { NewLines } from "../parts/Bar.tsx"
import { Button, Empty, Facts, Id, Input, Problem, Section, Text, Time, useAction } from "../parts/basics.tsx"
import { Icon } from "../parts/Icon.tsx"
import { Detail, Split } from "../parts/Layout.tsx"
import { List } from "../parts/List.tsx"
import { StateOfRuntime } from "../parts/StateOfRuntime.tsx"
import { Conversation } from "./Conversation.tsx"
import { NewCall } from "./NewCall.tsx"
import { type Job, JobState } from "./Webhooks.tsx"

/** A call as lists have it. */
interface CallSummary extends Row {
  readonly id: string
  readonly organizationId: string
  readonly type: string | null
  readonly status: string | null
  readonly endedReason: string | null
  readonly customer: string | null
  readonly cost: number | null
  readonly messages: number | null
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly createdAt: string
}

const lasted = ({ startedAt, endedAt }: CallSummary): string =>
  startedAt === null || endedAt === null ? "" : duration(Date.parse(endedAt) - Date.parse(startedAt))

const CallState = ({ status }: { readonly status: unknown }) => {
  const ended = status === "ended"
  return (
    <span class={`outcome ${ended ? "" : "good"}`}>
      <Icon name={ended ? "check" : "calls"} />
      {String(status ?? "")}
    </span>
  )
}

const money = (cost: unknown): string => (typeof cost === "number" ? `${cost.toFixed(4)} USD` : "")

const Line = ({ call }: { readonly call: CallSummary }) => (
  <>
    <span class="time">{clock(call.createdAt)}</span>
    <CallState status={call.status} />
    <Text>{call.customer ?? call.type}</Text>
    <Text class="muted">{call.endedReason}</Text>
    <span class="number">{lasted(call)}</span>
    <span class="number muted">{money(call.cost)}</span>
  </>
)

export const Calls = ({ place }: { readonly place: Place }) => {
  const [id] = place.parts
  const list = useLiveList<CallSummary>({
    path: "rows?resource=calls&limit=200",
    type: "call",
    idOf: (call) => call.id,
    takes: () => true
  })
  return (
    <Split
      bar={
        <>
          <NewLines count={list.waiting} show={list.show} />
          <span class="grow" />
          <StateOfRuntime />
          <Button icon="plus" kind="primary" run={() => go(["calls", "new"])}>
            New call
          </Button>
        </>
      }
      list={
        <List
          label="Calls, newest first"
          kind="call"
          lines={list.items}
          selected={id}
          open={(call) => go(["calls", call.id])}
          render={(call) => <Line call={call} />}
          older={list.older}
          onReading={list.setReading}
          head={
            <>
              <span>Time</span>
              <span>Status</span>
              <span>Customer</span>
              <span>Ended</span>
              <span class="number">Lasted</span>
              <span class="number">Cost</span>
            </>
          }
          empty={
            list.ready && (
              <Empty title="There was no call yet." command="aywa-runtime local call Desk --env-file .env.local">
                <Problem error={list.error} />
                <p>
                  Place one with the SDK (<code>aywa.calls.create</code>), or press New call to play one.
                </p>
              </Empty>
            )
          }
        />
      }
      detail={
        id === "new" ? (
          <NewCall close={() => go(["calls"])} />
        ) : (
          id !== undefined && (
            <CallDetail
              key={id}
              id={id}
              organization={list.items.find((call) => call.id === id)?.organizationId}
              close={() => go(["calls"])}
            />
          )
        )
      }
    />
  )
}

interface CallDetailProps {
  readonly id: string
  readonly organization: string | undefined
  readonly close: () => void
}

const CallDetail = ({ id, organization, close }: CallDetailProps) => {
  // A call that is not in the list is found among all of them.
  const { value: found } = useRead<Page<CallSummary>>(
    organization === undefined ? `rows?resource=calls&id=${id}` : undefined
  )
  const owner = organization ?? found?.items.find((call) => call.id === id)?.organizationId
  const at = (path: string) => (owner === undefined ? undefined : as(owner, `/call/${id}${path}`))
  const concerns = (data: Row) => data["id"] === id || data["callId"] === id
  const { value: call, error } = useRead<Row>(at(""), ["call", "event"], concerns)
  const logs = useRead<Page<Row>>(at("/logs"), ["call", "event"], concerns).value
  const jobs = useRead<Page<Job>>(`jobs?callId=${id}&limit=500`, ["job"], concerns).value
  if (call === undefined || owner === undefined) {
    return (
      <Detail title="Call" label={`Call ${id}`} close={close}>
        <Problem error={error} />
        {found !== undefined && owner === undefined && <p class="muted">There is no such call any more.</p>}
      </Detail>
    )
  }
  const ended = call["status"] === "ended"
  return (
    <Detail
      label={`Call ${id}`}
      close={close}
      title={
        <>
          Call <CallState status={call["status"]} />
        </>
      }
      actions={ended ? undefined : <CallActions id={id} organization={owner} />}
    >
      <Facts
        of={[
          ["Id", <Id value={id} />],
          ["Customer", <Text>{Object(call["customer"])["number"]}</Text>],
          ["Ended", call["endedReason"] ? <Text>{call["endedReason"]}</Text> : undefined],
          ["Began", <Time at={call["startedAt"] ?? call["createdAt"]} />],
          ["Cost", call["cost"] ? `${money(call["cost"])} (simulated)` : undefined],
          ["Assistant", call["assistantId"] ? assistantLink(String(call["assistantId"])) : undefined]
        ]}
      />
      <Conversation call={call} jobs={jobs?.items ?? []} />
      <Hooks jobs={jobs?.items ?? []} />
      <Costs of={call["costBreakdown"]} />
      <Section title="Log">
        <ul class="log">
          {(logs?.items ?? []).map((line) => (
            <li class={line["level"] === "info" ? undefined : "outcome bad"}>
              <span class="time muted">{clock(line["createdAt"])}</span> <Text>{line["message"]}</Text>
            </li>
          ))}
        </ul>
      </Section>
    </Detail>
  )
}

const assistantLink = (id: string) => <a href={to(["rows", "assistants", id])}>{id}</a>

const Hooks = ({ jobs }: { readonly jobs: ReadonlyArray<Job> }) => (
  <Section title={`Webhooks (${jobs.length})`}>
    {jobs.length === 0 ? (
      <p class="muted">None: neither the assistant nor its number has a server, and there is no webhook endpoint.</p>
    ) : (
      <ul class="hooks">
        {jobs.toReversed().map((job) => (
          <li>
            <a href={to(["webhooks", job.id])}>{job.type}</a>
            <JobState job={job} />
            <span class="muted number">
              {job.attempts} × {job.statusCode ?? "no answer"}
            </span>
          </li>
        ))}
      </ul>
    )}
  </Section>
)

const Costs = ({ of: breakdown }: { readonly of: unknown }) => {
  const entries = Object.entries({ ...Object(breakdown) }).filter(([, value]) => typeof value === "number" && value > 0)
  if (entries.length === 0) return null
  return (
    <Section title="Costs">
      <dl class="facts">
        {entries.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd class="mono">{String(value)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

const CallActions = ({ id, organization }: { readonly id: string; readonly organization: string }) => {
  const [words, setWords] = useState("")
  const [number, setNumber] = useState("")
  const action = useAction()
  const control = (body: Row) => api("POST", as(organization, `/call/${id}/control`), body)
  const turn = (steps: ReadonlyArray<Row>) => api("POST", `calls/live/${id}`, { steps })
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault()
        if (words !== "") void action.run(() => turn([{ user: words }]))
      }}
    >
      <div class="row end">
        <Input label="Words" value={words} set={setWords} placeholder="Where is my order?" />
        <Button run={() => turn([{ user: words }])} disabled={words === ""}>
          Caller says
        </Button>
        <Button run={() => control({ type: "say", content: words })} disabled={words === ""}>
          Assistant says
        </Button>
      </div>
      <div class="row end">
        <Input label="Number" value={number} set={setNumber} placeholder="+14155550142" mono />
        <Button
          run={() => control({ type: "transfer", destination: { type: "number", number } })}
          disabled={number === ""}
        >
          Transfer
        </Button>
        <Button kind="danger" run={() => control({ type: "end-call" })}>
          End call
        </Button>
      </div>
      <Problem error={action.error} />
    </form>
  )
}
