/** What is counted apart from the rows is what a look at all of them would count. */
import { DatabaseSync } from "node:sqlite"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { receive } from "./receiver.ts"
import { start, temporaryFile } from "./support.ts"

const counted: ReadonlyArray<readonly [kept: string, looked: string]> = [
  [
    "SELECT org_id, resource, n FROM row_counts WHERE n <> 0",
    "SELECT org_id, resource, count(*) AS n FROM resource_rows GROUP BY 1, 2"
  ],
  [
    "SELECT org_id, state, n FROM job_counts WHERE n <> 0",
    "SELECT org_id, state, count(*) AS n FROM webhook_jobs GROUP BY 1, 2"
  ],
  ...["status", "type", "endedReason"].map((field): readonly [string, string] => [
    `SELECT org_id, ${field} AS value, sum(n) AS n FROM call_groups WHERE value <> '' GROUP BY 1, 2 HAVING sum(n) <> 0`,
    `SELECT org_id, body ->> '$.${field}' AS value, count(*) AS n FROM resource_rows
     WHERE resource = 'calls' AND value IS NOT NULL GROUP BY 1, 2`
  ]),
  [
    "SELECT seq, org_id, status, cost FROM call_figures",
    "SELECT seq, org_id, body ->> '$.status' AS status, body ->> '$.cost' AS cost FROM resource_rows WHERE resource = 'calls'"
  ]
]

const check = (file: string) => {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => JSON.stringify(row))
      .toSorted()
  try {
    for (const [kept, looked] of counted) assert.deepStrictEqual(rows(kept), rows(looked))
    return rows(counted[0]?.[0] ?? "").length
  } finally {
    database.close()
  }
}

const order = fc.constantFrom("assistant", "call", "batch", "delete", "end", "advance", "snapshot", "restore", "reset")

describe("counts", () => {
  it("are right after whatever happens", async () => {
    const file = temporaryFile()
    const { runtime, call } = await start({ store: { file }, clock: "manual", webhookSchedule: "instant" })
    const { url } = await receive()
    const post = async (path: string, body: object) => (await call("POST", path, body)).body
    const customer = { number: "+14155550123" }
    const assistant = { firstMessage: "Hello", server: { url } }
    const ids: Array<string> = []
    runtime.snapshot()
    const orders: Readonly<Record<string, () => unknown>> = {
      assistant: () => post("/assistant", {}),
      call: async () => ids.push((await post("/call", { assistant, customer })).id),
      batch: () => post("/call", { assistant: {}, customers: [customer, { number: "x" }, customer] }),
      delete: () => call("DELETE", `/call/${ids.pop()}`),
      end: () => post(`/call/${ids.at(-1)}/control`, { type: "end-call" }),
      advance: () => runtime.clock.advance(400),
      snapshot: () => runtime.snapshot(),
      restore: () => runtime.restore(),
      reset: () => runtime.reset()
    }
    let most = 0
    await fc.assert(
      fc.asyncProperty(fc.array(order, { minLength: 5, maxLength: 25 }), async (names) => {
        // oxlint-disable-next-line no-await-in-loop -- in their order
        for (const name of names) await orders[name]?.()
        most = Math.max(most, check(file))
      }),
      { numRuns: 15 }
    )
    assert.isAbove(most, 1)
  })

  it("of a file of an earlier version are made when it is opened", async () => {
    const file = temporaryFile()
    const before = await start({ store: { file }, clock: "manual" })
    await before.call("POST", "/assistant", {})
    await before.call("POST", "/call", { assistant: {}, customer: { number: "+14155550123" } })
    await before.runtime.clock.advance(60_000)
    await before.runtime.close()
    const database = new DatabaseSync(file)
    const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all()
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`)
    for (const table of ["row_counts", "call_groups", "call_figures", "job_counts"])
      database.exec(`DROP TABLE ${table}`)
    database.close()
    const { call } = await start({ store: { file }, apiKey: before.runtime.apiKey })
    const { body } = await call("GET", "/analytics/summary")
    assertMatches(body, {
      calls: { total: 1, byStatus: { ended: 1 }, byEndedReason: { "customer-ended-call": 1 } },
      rows: { assistants: 1, calls: 1 }
    })
    check(file)
  })
})
