/**
 * Rows: what clients created, as JSON to read and to change, under the contract's schema and with If-Match.
 */
import { useEffect, useRef, useState } from "preact/hooks"
import { api, ApiError, as, linesOf, type Page, type Row, send } from "../model/api.ts"
import { labels, resources } from "../model/contract.ts"
import { useLiveList, useRead } from "../model/live.ts"
import { go, type Place, refine, to, unlessGone } from "../model/route.ts"
import { clock } from "../model/text.ts"
import { Filter, NewLines } from "../parts/Bar.tsx"
import { Button, Editor, Empty, Facts, Id, Problem, Section, Select, Text, Time } from "../parts/basics.tsx"
import { Fields, useIssues } from "../parts/Contract.tsx"
import { Diff } from "../parts/Diff.tsx"
import { Icon } from "../parts/Icon.tsx"
import { Detail, Split } from "../parts/Layout.tsx"
import { List } from "../parts/List.tsx"
import type { RequestSummary } from "../model/requests.ts"

interface RowSummary extends Row {
  readonly id: string
  readonly resource: string
  readonly organizationId: string
  readonly name: string | null
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
}

const nameOf = (row: RowSummary): string => row.name ?? "(no name)"

const Line = ({ row }: { readonly row: RowSummary }) => (
  <>
    <Text>{nameOf(row)}</Text>
    <Text class="mono muted">{row.id}</Text>
    <span class="number muted">v{row.version}</span>
    <span class="time">{clock(row.updatedAt)}</span>
  </>
)

export const Rows = ({ place }: { readonly place: Place }) => {
  const [resource = "assistants", id] = place.parts
  const text = place.query.get("text") ?? ""
  const list = useLiveList<RowSummary>({
    path: `rows?resource=${resource}&limit=200${text === "" ? "" : `&text=${encodeURIComponent(text)}`}`,
    type: "row",
    idOf: (row) => row.id,
    takes: (row) => row.resource === resource && text === ""
  })
  const label = labels[resource] ?? resource
  return (
    <Split
      bar={
        <>
          <Select
            label="Resource"
            value={resource}
            set={(next) => go(["rows", next])}
            options={Object.entries(labels)}
          />
          <Filter value={text} set={(next) => refine("rows", { text: next })} hint="text in a row" />
          <NewLines count={list.waiting} show={list.show} />
          <span class="grow" />
          {resource !== "files" && (
            <Button icon="plus" kind="primary" run={() => go(["rows", resource, "new"])}>
              New
            </Button>
          )}
        </>
      }
      list={
        <List
          label={`${label}, newest first`}
          kind="resource"
          lines={list.items}
          selected={id}
          open={(row) => go(["rows", resource, row.id], { text })}
          render={(row) => <Line row={row} />}
          older={list.older}
          onReading={list.setReading}
          head={
            <>
              <span>Name</span>
              <span>Id</span>
              <span class="number">Version</span>
              <span>Changed</span>
            </>
          }
          empty={
            list.ready && (
              <Empty
                title={text === "" ? `There are no ${label.toLowerCase()} yet.` : "No row has this text."}
                {...(text === "" ? { command: commandOf(resource) } : {})}
              >
                <Problem error={list.error} />
              </Empty>
            )
          }
        />
      }
      detail={
        id === "new" ? (
          <NewRow key={resource} resource={resource} close={() => go(["rows", resource])} />
        ) : (
          id !== undefined && (
            <RowDetail key={id} resource={resource} id={id} close={() => go(["rows", resource], { text })} />
          )
        )
      }
    />
  )
}

const commandOf = (resource: string): string => {
  const command = resource.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return `aywa-runtime ${command} create --file ${command}.json --env-file .env.local`
}

const samples: Readonly<Record<string, unknown>> = {
  assistants: { name: "Order desk", firstMessage: "Order desk, how can I help?" },
  phoneNumbers: { provider: "vapi", number: "+14155550100", name: "Main line" },
  tools: { type: "function", function: { name: "lookupOrder", description: "Looks up an order." } },
  credentials: { provider: "webhook", name: "Order desk", authenticationPlan: { type: "bearer", token: "…" } },
  webhookEndpoints: { url: "http://127.0.0.1:3000/webhooks" },
  structuredOutputs: {
    name: "Refund",
    type: "ai",
    schema: { type: "object", properties: { amount: { type: "number" } } }
  }
}

const NewRow = ({ resource, close }: { readonly resource: string; readonly close: () => void }) => {
  const path = resources[resource] ?? ""
  const { value: runtime } = useRead<{ readonly organizationId: string }>("runtime")
  const [text, setText] = useState(() => JSON.stringify(samples[resource] ?? {}, null, 2))
  const { issues, schema, value } = useIssues(text, "post", path)
  return (
    <Detail title={`New: ${labels[resource] ?? resource}`} label="New row" close={close}>
      <div class="form">
        <Editor label="Row" value={text} set={setText} issues={issues} rows={14} />
        <div class="row">
          <Button
            kind="primary"
            disabled={issues.length > 0 || runtime === undefined}
            run={async () => {
              const then = unlessGone()
              const row = await api("POST", as(runtime?.organizationId, path), value)
              then(() => go(["rows", resource, String(row["id"])]))
            }}
          >
            Create
          </Button>
        </div>
      </div>
      <Fields of={schema} />
    </Detail>
  )
}

interface DetailProps {
  readonly resource: string
  readonly id: string
  readonly close: () => void
}

const RowDetail = ({ resource, id, close }: DetailProps) => {
  const found = useRead<Page<RowSummary>>(
    `rows?resource=${resource}&id=${encodeURIComponent(id)}`,
    ["row"],
    (data) => data["id"] === id
  )
  const summary = found.value?.items[0]
  if (summary === undefined) {
    return (
      <Detail title="Row" label={`Row ${id}`} close={close}>
        <Problem error={found.error} />
        {found.value !== undefined && <p class="muted">There is no such row any more.</p>}
      </Detail>
    )
  }
  return (
    <Detail
      title={<Text>{nameOf(summary)}</Text>}
      label={`Row ${id}`}
      close={close}
      actions={
        <Button
          kind="danger"
          confirm="Delete it? Press again"
          run={async () => {
            const then = unlessGone()
            await api("DELETE", as(summary.organizationId, `${resources[resource]}/${id}`))
            then(close)
          }}
        >
          Delete
        </Button>
      }
    >
      <Facts
        of={[
          ["Id", <Id value={id} />],
          ["Created", <Time at={summary.createdAt} />],
          ["Changed", <Time at={summary.updatedAt} />],
          ["Version", summary.version],
          ["Organization", <Id value={summary.organizationId} />]
        ]}
      />
      <RowEditor resource={resource} id={id} organization={summary.organizationId} version={summary.version} />
      <Makers id={id} />
    </Detail>
  )
}

/** The requests that changed a row, oldest first: the first one made it. */
const Makers = ({ id }: { readonly id: string }) => {
  const { value } = useRead<Page<RequestSummary>>(`requests?limit=1000&changed=${encodeURIComponent(id)}`, [
    "request",
    "row"
  ])
  const items = (value?.items ?? []).toReversed()
  return (
    <Section title="Requests that changed it">
      {value !== undefined && items.length === 0 && (
        <p class="muted">None that is still kept: it was there from the start, or was changed on this page.</p>
      )}
      <ul class="hooks">
        {items.slice(0, 20).map((entry, index) => (
          <li>
            <a href={to(["requests", entry.id])}>
              {entry.method} {entry.path}
            </a>
            <span class="muted">{index === 0 && entry.method === "POST" ? "made it" : ""}</span>
            <span class="time muted">{clock(entry.time)}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** Fields that the runtime owns: they are read, and never written. */
const owned = new Set(["id", "orgId", "createdAt", "updatedAt"])

const bodyOf = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([name]) => !owned.has(name)))

/** What must be sent so that one becomes the other: fields that differ, and null for those that are gone. */
const patchOf = (before: Row, after: Row): Row =>
  Object.fromEntries(
    [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
      .map((name) => [name, after[name] ?? null])
  )

interface EditorProps {
  readonly resource: string
  readonly id: string
  readonly organization: string
  readonly version: number
}

interface Loaded {
  readonly row: Row
  readonly etag: string
}

const RowEditor = ({ resource, id, organization, version }: EditorProps) => {
  const path = `${resources[resource] ?? ""}/${id}`
  const [loaded, setLoaded] = useState<Loaded>()
  const [theirs, setTheirs] = useState<Loaded>()
  const [text, setText] = useState("")
  const [failure, setFailure] = useState<unknown>()
  const [saved, setSaved] = useState(false)
  const { issues, schema, value } = useIssues(text === "" ? "{}" : text, "patch", `${resources[resource] ?? ""}/{id}`)
  const read = async (): Promise<Loaded> => {
    const response = await send("GET", as(organization, path))
    return { row: bodyOf(await response.json()), etag: response.headers.get("etag") ?? "*" }
  }
  const take = (next: Loaded) => {
    setLoaded(next)
    setTheirs(undefined)
    setText(JSON.stringify(next.row, null, 2))
  }
  const pristine = loaded === undefined || text === JSON.stringify(loaded.row, null, 2)
  const written = useRef(text)
  written.current = text
  useEffect(() => {
    // While somebody writes, what others saved must not take the text away: saving tells. Nor what is read meanwhile.
    if (!pristine) return
    void read().then((fresh) => (written.current === text ? take(fresh) : undefined), setFailure)
  }, [version])
  const patch = loaded === undefined ? {} : patchOf(loaded.row, { ...Object(value) })
  const save = async (etag: string) => {
    setFailure(undefined)
    setSaved(false)
    try {
      await send("PATCH", as(organization, path), patch, { "if-match": etag })
      take(await read())
      setSaved(true)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) return setFailure(error)
      setTheirs(await read())
    }
  }
  if (resource === "files") return <Problem error={failure} />
  return (
    <Section title="Row">
      <div class="form">
        <Editor
          label="JSON"
          value={text}
          set={(next) => {
            written.current = next
            setText(next)
            setFailure(undefined)
          }}
          issues={[...issues, ...(failure === undefined ? [] : linesOf(failure))]}
          rows={Math.min(24, Math.max(8, text.split("\n").length))}
          hint="Saved with If-Match; only fields that differ are sent. Secrets stay masked."
        />
        <div class="row">
          <Button
            kind="primary"
            disabled={issues.length > 0 || pristine || Object.keys(patch).length === 0}
            run={() => save(loaded?.etag ?? "*")}
          >
            Save
          </Button>
          <Button disabled={pristine} run={async () => take(await read())}>
            Discard
          </Button>
          {saved && pristine && (
            <span class="done" role="status">
              <Icon name="check" />
              Saved
            </span>
          )}
        </div>
      </div>
      {theirs && <Drift theirs={theirs} mine={value} save={save} take={take} />}
      <Fields of={schema} />
    </Section>
  )
}

interface DriftProps {
  readonly theirs: Loaded
  readonly mine: unknown
  readonly save: (etag: string) => Promise<void>
  readonly take: (row: Loaded) => void
}

/** Both versions, where somebody else was faster. */
const Drift = ({ theirs, mine, save, take }: DriftProps) => (
  <div class="drift" role="alert">
    <p class="story bad">412: somebody changed this row since you opened it. Nothing was saved.</p>
    <Diff before={theirs.row} after={mine} names={["There now", "Yours"]} />
    <div class="row">
      <Button run={() => save(theirs.etag)}>Save mine over it</Button>
      <Button run={() => take(theirs)}>Take what is there</Button>
    </div>
  </div>
)
