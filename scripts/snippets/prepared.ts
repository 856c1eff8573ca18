/**
 * What the preambles and endings of snippets use: a client and rows of the page's local runtime, signed requests, and
 * ways to call what a snippet exports. A copy of this file stands beside the snippets and is compiled with them.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as PgClient from "@effect/sql-pg/PgClient"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { NodeSqlite, type OpenInbox, openWebhookInbox, WebhookInbox } from "@aywa-ai/runtime-sdk/inbox"
import { type CarrierHttp, openDatabase, readLedgerFile } from "@aywa-ai/runtime-migration"
import { applyTools, Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools"
import { parseAywaRuntimeWebhook, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import {
  nodeWebhookHandler,
  type WebhookHandlers,
  type WebhookReceiverOptions
} from "@aywa-ai/runtime-sdk/webhooks/handlers"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import { connect } from "node:net"

const secret = process.env["AYWA_RUNTIME_WEBHOOK_SECRET"]

export const aywa = new AywaRuntimeClient({
  baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
  apiKey: process.env["AYWA_RUNTIME_API_KEY"],
  organizationId: process.env["AYWA_RUNTIME_ORGANIZATION_ID"]
})

export const assistantId = (await aywa.assistants.create({ name: "Desk" })).id
export const id = assistantId
export const fileId = (await aywa.files.upload({ file: { path: "policies.pdf" } })).id
/** What a phone number of one's own is reached through. */
export const trunk = () =>
  aywa.credentials.create({ provider: "byo-sip-trunk", gateways: [{ ip: "192.0.2.1" }], name: "Trunk" })
/** A number that no other block has taken. */
export const newNumber = () => `+1415${String(Math.floor(Math.random() * 1e7)).padStart(7, "0")}`
export const signal = new AbortController().signal

/** The id of a call that ends by itself. */
export const placeCall = async (): Promise<string> => {
  const call = await aywa.calls.create({ assistantId, customer: { number: "+14155550123" } })
  await aywa.calls.control(call.id, { type: "end-call" })
  return call.id
}

/** The id of a webhook job that could not be delivered and waits for its next attempt. */
export const webhookJob = async (): Promise<string> => {
  await aywa.webhookEndpoints.create({ url: "https://127.0.0.1:9/webhooks", scope: "account" })
  await placeCall()
  for (;;) {
    const { items } = await aywa.webhookLogs.list({ status: "retrying" })
    if (items[0] !== undefined) return items[0].id
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Leads the numbers of the runtime at a carrier that has none of them. */
export const leading = async (
  lead: (client: AywaRuntimeClient, baseUrl: string, http: CarrierHttp) => Promise<boolean>
): Promise<void> => {
  process.env["TWILIO_ACCOUNT_SID"] = `AC${"0".repeat(32)}`
  process.env["TWILIO_AUTH_TOKEN"] = "token"
  await aywa.phoneNumbers.create({ provider: "vapi", numberDesiredAreaCode: "415" })
  const empty = JSON.stringify({ incoming_phone_numbers: [] })
  await lead(aywa, "https://carrier.example", () => Promise.resolve({ status: 200, body: empty })).catch(
    (error: unknown) => {
      if (!String(error).includes("plan them first")) throw error
    }
  )
}

/** What an operation gave back is a row. */
export const assertRow = (value: unknown): void =>
  assert.ok(
    typeof value === "object" && value !== null && "id" in value,
    `Expected a row, not ${JSON.stringify(value)}`
  )

const report = JSON.stringify({
  message: {
    type: "end-of-call-report",
    call: { id: "call_1" },
    endedReason: "customer-ended-call",
    artifact: {},
    analysis: {}
  }
})

/** A signed report, as the runtime sends it. */
export const signedRequest = (url = "http://127.0.0.1/webhooks"): Request =>
  new Request(url, {
    method: "POST",
    body: report,
    headers: { "content-type": "application/json", ...signAywaRuntimeWebhook({ body: report, secret }) }
  })
const assertTaken = (status: number, body: string) => assert.ok(status >= 200 && status < 300, `${status} ${body}`)

/** Asks handlers for the result of a tool. */
export const callTool = async (handlers: WebhookHandlers): Promise<void> => {
  const toolCall = { id: "tc_1", type: "function", function: { name: "book", arguments: "{}" } }
  const body = JSON.stringify({ message: { type: "tool-calls", toolCallList: [toolCall], toolWithToolCallList: [] } })
  const answer = await handlers.answer(parseAywaRuntimeWebhook(body))
  assertTaken(answer.status, String(answer.body))
}

export const rawBody = new TextEncoder().encode(report)
export const request = signedRequest()

export const options: WebhookReceiverOptions = {
  secret,
  handlers: { "end-of-call-report": async ({ endedReason }) => console.log(endedReason) }
}

/** Delivers the report to a handler of the web's requests. */
export const deliver = async (handle: (request: Request) => Response | Promise<Response>): Promise<void> => {
  const response = await handle(signedRequest())
  assertTaken(response.status, await response.text())
}

/** Delivers the report over HTTP to a listener of Node. */
export const deliverTo = async (listener: RequestListener): Promise<void> => {
  const server = createServer(listener).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  assert.ok(typeof address === "object" && address !== null)
  const response = await fetch(signedRequest(`http://127.0.0.1:${address.port}/webhooks`))
  assertTaken(response.status, await response.text())
  server.close()
}

/** Serves routes of `effect/http` and delivers the report to them. */
export const deliverToRoutes = <E>(routes: Layer.Layer<never, E, HttpRouter.HttpRouter>): Promise<void> =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    assert.ok(address._tag === "InetAddressV4")
    const response = yield* Effect.promise(() => fetch(signedRequest(`http://127.0.0.1:${address.port}/webhooks`)))
    assertTaken(response.status, yield* Effect.promise(() => response.text()))
  }).pipe(
    Effect.provide(
      HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
      )
    ),
    Effect.runPromise
  )

/** A listener of Node that takes deliveries. */
export const receive = nodeWebhookHandler(options)

export const toolkit = Toolkit.make(
  Tool.make("openingHours", { description: "When the shop is open", execute: () => "Monday to Friday, 9 to 17" })
)

/** Gives the runtime the tools of `toolkit`. */
export const align = (serverUrl: string) => applyTools(aywa, toolkit, { serverUrl })

/** An inbox without deliveries. */
export const openInbox = () => openWebhookInbox({ store: "memory" })

/** Runs a worker that writes into a table `reports`, until a delivery that was offered to its inbox is there. */
const worked = <E>(
  worker: Effect.Effect<void, E, WebhookInbox.WebhookInbox | SqlClient.SqlClient>
): Effect.Effect<void, unknown, WebhookInbox.WebhookInbox | SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const inbox = yield* WebhookInbox.WebhookInbox
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE reports (call_id VARCHAR(255), body TEXT)`
    yield* inbox.offer({ id: "evt_1", type: "end-of-call-report", callId: "call_1", body: report })
    const handled = sql`SELECT call_id FROM reports`.pipe(
      Effect.delay("20 millis"),
      Effect.repeat({ while: (rows) => rows.length === 0, times: 500 })
    )
    const rows = yield* Effect.raceFirst(handled, Effect.andThen(worker, Effect.succeed([])))
    assert.deepEqual(
      rows.map(({ call_id }) => call_id),
      ["call_1"]
    )
  })

/** Runs such a worker on a SQLite file. */
export const workedOnSqlite = <E>(worker: Effect.Effect<void, E, WebhookInbox.WebhookInbox | SqlClient.SqlClient>) =>
  Effect.runPromise(
    Effect.provide(worked(worker), WebhookInbox.layerSql().pipe(Layer.provideMerge(NodeSqlite.layer("worker.db"))))
  )

/** Whether a server is there; says so when it is not, and then nothing is run on it. */
const answers = async (server: string, port: number): Promise<boolean> => {
  const socket = connect({ port, host: "127.0.0.1" })
  const isUp = await once(socket, "connect").then(
    () => true,
    () => false
  )
  socket.destroy()
  if (isUp) return true
  assert.notEqual(process.env["AYWA_REQUIRE_SERVICES"], "1", `no ${server} answers on 127.0.0.1:${port}`)
  console.log(`not run: no ${server} answers on 127.0.0.1:${port}`)
  return false
}

/** Runs such a worker, which brings its own layers, on the PostgreSQL of DATABASE_URL. */
export const workedOnPostgres = async <E>(worker: Effect.Effect<void, E>): Promise<void> => {
  if (!(await answers("PostgreSQL", 5432))) return
  const schema = `aywa_snippet_${process.pid}`
  const server = "postgres://postgres@127.0.0.1:5432/postgres"
  const statement = (text: string) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text)).pipe(
      Effect.provide(PgClient.layer({ url: Redacted.make(server) })),
      Effect.runPromise
    )
  await statement(`CREATE SCHEMA ${schema}`)
  try {
    process.env["DATABASE_URL"] = `${server}?options=-c%20search_path%3D${schema}`
    const database = PgClient.layerConfig({ url: Config.Redacted("DATABASE_URL") })
    await Effect.runPromise(Effect.provide(worked(worker), WebhookInbox.layerSql().pipe(Layer.provideMerge(database))))
  } finally {
    await statement(`DROP SCHEMA ${schema} CASCADE`)
  }
}

/** An application's database, `app.db`, in which ids of the source stand. */
export const createApplication = async (): Promise<void> => {
  const id = readLedgerFile("mapping.jsonl").find(({ resource }) => resource === "assistant")?.sourceId ?? ""
  const database = await openDatabase("sqlite:app.db")
  for (const [table, columns, row] of [
    ["calls", "id INTEGER PRIMARY KEY, assistant_id TEXT", id],
    ["tenants", "id INTEGER PRIMARY KEY, settings TEXT", JSON.stringify({ assistant: { id } })],
    ["audit", "id INTEGER PRIMARY KEY, url TEXT", `/assistants/${id}?tab=voice`]
  ] as const) {
    await database.run(`CREATE TABLE IF NOT EXISTS ${table} (${columns})`)
    await database.run(`INSERT OR IGNORE INTO ${table} VALUES (1, ?)`, [row])
  }
  await database.close()
}

/** Starts an inbox on pg-boss in a database of its own, and delivers to it. */
export const onPgBoss = async (
  start: (url: string) => Promise<{
    readonly boss: { readonly stop: () => Promise<unknown> }
    readonly inbox: { readonly close: () => Promise<void> }
    readonly listener: RequestListener
  }>
): Promise<void> => {
  if (!(await answers("PostgreSQL", 5432))) return
  const server = "postgres://postgres@127.0.0.1:5432/postgres"
  const name = `aywa_snippet_${process.pid}`
  const statement = (text: string) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text)).pipe(
      Effect.provide(PgClient.layer({ url: Redacted.make(server) })),
      Effect.runPromise
    )
  await statement(`CREATE DATABASE ${name}`)
  try {
    const { boss, inbox, listener } = await start(server.replace(/postgres$/, name))
    await deliverTo(listener)
    await inbox.close()
    await boss.stop()
  } finally {
    await statement(`DROP DATABASE ${name} WITH (FORCE)`)
  }
}

/** Starts an inbox on BullMQ, and offers to it. */
export const onBullmq = async (start: (host: string) => Promise<Pick<OpenInbox, "offer" | "close">>): Promise<void> => {
  if (!(await answers("Redis", 6379))) return
  const inbox = await start("127.0.0.1")
  await inbox.offer({ id: `evt_${process.pid}`, type: "end-of-call-report", callId: undefined, body: report })
  await inbox.close()
}
