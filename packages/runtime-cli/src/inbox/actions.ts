/**
 * `inbox status`, `parked`, `requeue` and `forget`.
 */
import { exitCodes, usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { openInbox, type PlaceInput } from "./open.ts"

/** What it holds. */
export const status = async (input: PlaceInput, session: Session): Promise<void> => {
  const stats = await (await openInbox(input, session)).stats()
  session.out.row({
    ...stats,
    lines: stats.lines.map(({ line, waiting, lagMillis }) => `${line}: ${waiting} (${lagMillis} ms)`)
  })
}

/** What was given up. */
export const parked = async (
  input: PlaceInput & { readonly limit: number | undefined },
  session: Session
): Promise<void> => {
  const { limit = 100 } = input
  if (limit < 1) throw usage(`--limit is ${limit}.`, "Give a whole number of 1 or more.")
  const inbox = await openInbox(input, session)
  const all = await inbox.parked(limit)
  // Bodies hold what callers said.
  const items = all.map(({ id, type, callId, attempts, requeued, reason, parkedAt }) => ({
    id,
    type,
    callId,
    attempts,
    requeued,
    reason,
    parkedAt: new Date(parkedAt).toISOString()
  }))
  session.out.rows(
    { items },
    {
      columns: [
        { title: "ID" },
        { title: "TYPE" },
        { title: "ATTEMPTS", align: "right" },
        { title: "PARKED" },
        { title: "REASON" }
      ],
      cells: (item) => {
        const { id, type, attempts, parkedAt, reason } = item as (typeof items)[number] // As just given.
        return [id, type, String(attempts), parkedAt, reason.split("\n")[0] ?? ""]
      },
      empty: "Nothing is parked."
    }
  )
}

/** Puts one back. */
export const requeue = async (input: PlaceInput & { readonly id: string }, session: Session): Promise<number> => {
  const requeued = await (await openInbox(input, session)).requeue(input.id)
  session.out.result({ id: input.id, requeued }, () =>
    requeued ? `${input.id} waits for its next attempt.` : `${input.id} is not parked.`
  )
  return requeued ? exitCodes.ok : exitCodes.notFound
}

/** Forgets a call or a customer. */
export const forget = async (
  {
    callId,
    customer,
    ...place
  }: PlaceInput & { readonly callId: string | undefined; readonly customer: string | undefined },
  session: Session
): Promise<void> => {
  const subject = callId !== undefined ? { callId } : customer !== undefined ? { customer } : undefined
  if (subject === undefined || (callId !== undefined && customer !== undefined)) {
    throw usage("Whose deliveries?", "Give either --call-id or --customer.")
  }
  const inbox = await openInbox(place, session)
  await session.confirm("Delete what waits or is parked of it? It cannot be handled any more.")
  const forgotten = await inbox.forget(subject)
  session.out.result({ forgotten }, () => `${forgotten} deliveries forgotten.`)
}
