/**
 * Calls by how long they took, or what they cost: by the indexes of what is counted of them.
 */
import type { Store } from "../store/Store.ts"
import type { Listed, SortKey, Window } from "./window.ts"

/** A page in another order than by time. */
export interface Sort extends Window {
  readonly by: Exclude<SortKey, "createdAt">
  readonly order: "ASC" | "DESC"
}

/** Those of an index, in its order. */
const columns = { duration: ["seconds", "cost", "figure"], cost: ["cost", "figure"] } as const

/** One page of the calls of an organization, and a row more. */
export const sortedCalls = (store: Store, organization: string, sort: Sort): ReadonlyArray<Listed> => {
  const { by, order, limit, page, where, values, isNarrow } = sort
  const orderBy = columns[by].map((column) => `${column} ${order}`).join(", ")
  const figures = `(SELECT ${columns[by].join(", ").replace("figure", "seq AS figure")} FROM call_figures WHERE org_id = ?`
  const rows = `SELECT seq, created_at AS "createdAt", body FROM`
  const range = [limit + 1, (page - 1) * limit]
  if (where === "") {
    // The page is known before any row is read.
    return store.all<Listed>(
      `${rows} ${figures} ORDER BY ${orderBy} LIMIT ? OFFSET ?) CROSS JOIN resource_rows
       ON seq = figure ORDER BY ${orderBy}`,
      organization,
      ...range
    )
  }
  // A filter by a field leaves few rows; one by a time may leave them all, so they are read in order until the page is full.
  const [first, second] = isNarrow ? ["resource_rows", `${figures})`] : [`${figures})`, "resource_rows"]
  return store.all<Listed>(
    `${rows} ${first} CROSS JOIN ${second} ON seq = figure WHERE resource = 'calls' AND resource_rows.org_id = ?${where}
     ORDER BY ${orderBy} LIMIT ? OFFSET ?`,
    organization,
    organization,
    ...values,
    ...range
  )
}
