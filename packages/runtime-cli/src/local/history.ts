/**
 * What a local runtime did: its requests and its events, a page at a time, or as they come.
 */
import { control } from "../core/control.ts"
import type { Session } from "../core/session.ts"
import { fields, type Paint } from "../core/table.ts"

type Row = Readonly<Record<string, unknown>>

interface Page {
  readonly items: ReadonlyArray<Row>
  readonly nextCursor: string | null
}

const read = async (session: Session, path: string, query: Readonly<Record<string, unknown>>): Promise<Page> => {
  const parameters = Object.entries(query).flatMap(([name, value]): ReadonlyArray<[string, string]> =>
    value === undefined ? [] : [[name, String(value)]]
  )
  const answer = await control(session, "GET", `${path}?${String(new URLSearchParams(parameters))}`)
  const { items, nextCursor } = { ...Object(answer) } as Record<string, unknown>
  return {
    items: Array.isArray(items) ? items.map((item: unknown): Row => ({ ...Object(item) })) : [],
    nextCursor: typeof nextCursor === "string" ? nextCursor : null
  }
}

/** What `local requests` takes. */
export interface RequestsInput {
  readonly id: string | undefined
  readonly path: string | undefined
  readonly method: string | undefined
  readonly status: number | undefined
  readonly key: string | undefined
  readonly text: string | undefined
  readonly limit: number | undefined
  readonly resend: boolean
  readonly newKey: boolean
}

/** `local requests`: a table of them, one of them, or one of them again. */
export const requests = async (input: RequestsInput, session: Session): Promise<void> => {
  const { id, resend, newKey, ...filter } = input
  if (id === undefined) {
    const page = await read(session, "requests", filter)
    return session.out.rows(
      { items: page.items, nextCursor: page.nextCursor ?? undefined },
      {
        columns: ["ID", "TIME", "METHOD", "PATH", "STATUS", "MS", "ATTEMPT", "NOTE"].map((title) => ({ title })),
        cells: (item) => requestCells({ ...Object(item) }),
        empty: "No requests."
      }
    )
  }
  const path = `requests/${encodeURIComponent(id)}`
  const answer = resend
    ? await control(session, "POST", `${path}/resend`, { newKey })
    : await control(session, "GET", path)
  session.out.result(answer, () => fields({ ...Object(answer) }, session.out.paint))
}

const requestCells = ({ id, time, method, path, status, ms, attempt, replayed, fault }: Row): ReadonlyArray<string> =>
  [
    id,
    time,
    method,
    path,
    status,
    ms,
    attempt,
    [replayed === true ? "replayed" : "", fault ?? ""].join(" ").trim()
  ].map((value) => String(value ?? "-"))

/** What `local events` takes. */
export interface EventsInput {
  readonly type: string | undefined
  readonly call: string | undefined
  readonly follow: boolean
}

/** Real milliseconds that one request waits for news. */
const patience = 20_000

/** `local events`: what the runtime emitted, and with `--follow` what it emits, until Ctrl-C. */
export const events = async ({ type, call, follow }: EventsInput, session: Session): Promise<void> => {
  const { out, signal } = session
  const query = { type, callId: call }
  let after: string | null = null
  for (;;) {
    const page: Page = await read(session, "events", {
      ...query,
      after: after ?? 0,
      ...(follow ? { wait: patience } : {})
    })
    for (const event of page.items) out.event(event, () => line(event, out.paint))
    const isEnd = page.items.length === 0 || page.nextCursor === after
    after = page.nextCursor ?? after
    if (signal.aborted || (isEnd && !follow)) return
  }
}

const line = ({ createdAt, type, callId, id, jobs }: Row, paint: Paint): string => {
  const count = Array.isArray(jobs) ? jobs.length : 0
  return [
    createdAt,
    type,
    count === 0 ? "nobody is configured" : `${count} to deliver`,
    callId ?? "-",
    paint("dim", String(id))
  ]
    .map(String)
    .join("  ")
}
