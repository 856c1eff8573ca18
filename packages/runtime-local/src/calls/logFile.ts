/**
 * `GET /call/:id/call-logs`: the log of a call as a file, a JSON object a line.
 */
import { notFound } from "../http/errors.ts"
import type { Handler } from "../http/handler.ts"
import { findRow } from "../rows/find.ts"
import type { CallContext } from "./calls.ts"

/** Lines that are read at a time. */
const pageLines = 500

/** The handler. */
export const logFile =
  ({ store }: Pick<CallContext, "store">): Handler =>
  ({ organization, id }) => {
    if (findRow(store, organization, "calls", id) === undefined) throw notFound("Call", id)
    const page = (after: number) =>
      store.all<{ seq: number; body: string }>(
        "SELECT seq, body FROM call_events WHERE call_id = ? AND kind = 'log' AND seq > ? ORDER BY seq LIMIT ?",
        id,
        after,
        pageLines
      )
    return { status: 200, headers: { "content-type": "application/jsonl" }, body: "", content: lines(page) }
  }

function* lines(page: (after: number) => ReadonlyArray<{ readonly seq: number; readonly body: string }>) {
  for (let after = 0; ;) {
    const rows = page(after)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.seq
    yield Buffer.from(rows.map(({ body }) => `${body}\n`).join(""))
  }
}
