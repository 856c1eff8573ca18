/** Two tenants in one program: whatever gives a Layer gives each of them its own. */
import * as Effect from "effect/Effect"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { describeWith } from "../support/services.ts"
import { apiCases } from "./api.ts"
import { layerExports } from "./exports.ts"
import type { Case } from "./modes.ts"
import { memoryCases, postgresCases, redisCases, sqliteCases } from "./stores.ts"
import { webhookCases } from "./webhooks.ts"

/** Exports that take nothing and stand over nothing: there cannot be two of them. */
const alike: Readonly<Record<string, string>> = {
  "@aywa-ai/runtime-sdk/effect Telemetry.layerMetrics": "turns metrics on",
  "@aywa-ai/runtime-sdk/inbox WebhookInbox.layerMetrics":
    "provides nothing: it counts, over the inbox that it is given",
  "@aywa-ai/runtime-sdk/inbox WebhookDedupe.layerMemory": "one memory of the process, which its users share"
}

/** Those whose store is a server; the suites below have them. */
const redisNames = ["WebhookDedupe.layerRedis", "WebhookInbox.layerRedis"].map(
  (name) => `@aywa-ai/runtime-sdk/inbox ${name}`
)

const api = await apiCases()
const sqlite = await sqliteCases()
const tables = { ...api.cases, ...webhookCases(), ...sqlite.cases, ...memoryCases() }

const check = (cases: Readonly<Record<string, Case>>): void => {
  for (const [name, { modes, expected }] of Object.entries(cases)) {
    describe(`${name}`, () => {
      for (const [mode, asked] of Object.entries(modes)) {
        it.live(`${mode}: each tenant gets its own`, () =>
          Effect.map(asked, (own) => assert.deepStrictEqual(own, expected(mode)))
        )
      }
    })
  }
}

describe("two tenants in one program", () => {
  afterAll(async () => {
    await api.close()
    await sqlite.close()
  })

  it("every export that is or returns a Layer is in the table", () => {
    const names = [...Object.keys(tables), ...Object.keys(alike), ...redisNames].sort()
    assert.deepStrictEqual([...layerExports(["runtime-sdk", "runtime-local"])].sort(), names)
  })

  check(tables)
})

/** The same over a server, where it runs. */
const overServer = async (server: "PostgreSQL" | "Redis", open: typeof redisCases): Promise<void> => {
  const suite = await describeWith(server)
  const made = suite === describe ? await open() : undefined
  suite(`two tenants in one program, over ${server}`, () => {
    afterAll(() => made?.close())
    check(made?.cases ?? {})
  })
}

await overServer("PostgreSQL", postgresCases)
await overServer("Redis", redisCases)
