/**
 * Requests folded into calls: the attempts that share an idempotency key, a method and a path are one.
 */

/** A request as lists have it. */
export interface RequestSummary {
  readonly id: string
  readonly requestId: string
  readonly time: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly route?: string
  readonly status?: number
  readonly ms?: number
  readonly attempt?: number
  readonly idempotencyKey?: string
  readonly organization?: string
  readonly committed: boolean
  readonly replayed: boolean
  readonly fault?: string
  readonly warning?: string
  readonly requestBytes?: number
  readonly answerBytes?: number
}

/** The attempts of one call, oldest first. */
export interface Group {
  readonly key: string
  readonly attempts: ReadonlyArray<RequestSummary>
}

const keyOf = (entry: RequestSummary): string =>
  entry.idempotencyKey === undefined
    ? entry.id
    : [entry.organization ?? "", entry.method, entry.path, entry.idempotencyKey].join(" ")

/** Requests that the page holds; older ones are asked for again. */
export const mostRequests = 5000

/** Groups by the time of their latest attempt, newest first. */
export interface Requests {
  readonly groups: ReadonlyMap<string, Group>
  readonly order: ReadonlyArray<string>
}

export const noRequests: Requests = { groups: new Map(), order: [] }

const withAttempt = (attempts: ReadonlyArray<RequestSummary>, entry: RequestSummary) =>
  [...attempts.filter(({ id }) => id !== entry.id), entry].sort((a, b) => Number(a.id) - Number(b.id))

/** Adds requests: `newer` ones go to the top, others behind what is there. */
export const add = (
  { groups, order }: Requests,
  entries: ReadonlyArray<RequestSummary>,
  where: "newer" | "older"
): Requests => {
  if (entries.length === 0) return { groups, order }
  const next = new Map(groups)
  const touched = new Set<string>()
  for (const entry of entries) {
    const key = keyOf(entry)
    next.set(key, { key, attempts: withAttempt(next.get(key)?.attempts ?? [], entry) })
    touched.add(key)
  }
  if (where === "older") {
    const known = new Set(order)
    return { groups: next, order: [...order, ...[...touched].filter((key) => !known.has(key))] }
  }
  const all = [...[...touched].toReversed(), ...order.filter((key) => !touched.has(key))]
  for (const key of all.slice(mostRequests)) next.delete(key)
  return { groups: next, order: all.slice(0, mostRequests) }
}

/** Whether a request was lost or refused by the other side of a fault, or answered with an error. */
export const isFailure = ({ status, fault }: RequestSummary): boolean =>
  status === undefined || status >= 400 || fault === "reset after" || fault === "close after"

/** How a request ended, in a word that reads without colour. */
export const outcomeOf = ({ status, fault, replayed }: RequestSummary): string => {
  const action = fault?.split(" ")[0]
  if (action === "reset" || action === "close" || action === "refuse") return "lost"
  if (status === undefined) return "…"
  return replayed ? `${status} replayed` : String(status)
}

/** Rows that a call changed, as far as its attempts say. */
export const committedCount = ({ attempts }: Group): number => attempts.filter(({ committed }) => committed).length

const faultText = (fault: string): string => {
  const [action = "", when] = fault.split(" ")
  return when === "after" ? `the fault ${action} hit its answer` : `the fault ${action} hit it before anything was done`
}

const attemptText = (entry: RequestSummary, number: number, alone: boolean): string => {
  const who = alone ? "It" : `Attempt ${number}`
  const { committed, replayed, fault, status, method } = entry
  if (committed) {
    return fault === undefined
      ? `${who} did the work and was answered ${status ?? "…"}`
      : `${who} did the work, and ${faultText(fault)}`
  }
  if (fault !== undefined && !replayed) return `${who} did nothing: ${faultText(fault)}`
  if (replayed)
    return `${who} was answered from the record under its key${fault === undefined ? "" : `, and ${faultText(fault)}`}`
  if (status === undefined) return `${who} is under way`
  if (status >= 400) return `${who} was refused with ${status}`
  return method === "GET" ? `${who} read, and changed nothing` : `${who} was answered ${status} and changed nothing`
}

/** What happened in a call, in plain words. */
export const explain = (group: Group): string => {
  const { attempts } = group
  const sentences = attempts.map((entry, index) => `${attemptText(entry, index + 1, attempts.length === 1)}.`)
  if (attempts.length === 1) return sentences.join(" ")
  const rows = committedCount(group)
  const sum =
    rows === 1
      ? "The work was done once."
      : rows === 0
        ? "Nothing was changed."
        : `The work was done ${rows} times: look at the keys.`
  return `${sentences.slice(0, 6).join(" ")}${sentences.length > 6 ? " …" : ""} ${sum}`
}
