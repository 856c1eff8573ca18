/**
 * How the functions that snippets export are called: by file, and by a text that only the one block of it has. A page's
 * reader sees none of this. `prepared` is `prepared.ts`.
 */
const deliverPost = "await prepared.deliver(POST)"
const toolServer = '"https://agents.example/tools"'

export const endings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "docs/errors.md": {
    createOnce: 'prepared.assertRow(await createOnce(prepared.aywa, "Desk"))',
    "export const get =": 'if ((await Effect.runPromise(get("known"))).id !== "known") throw new Error()',
    "Rpc.make": 'if (getAssistant._tag !== "getAssistant") throw new Error()'
  },
  "docs/index.md": { 'from "express"': "await prepared.deliverTo(app)" },
  "docs/frameworks/express.md": { 'from "express"': "await prepared.deliverTo(app)" },
  "docs/frameworks/nextjs.md": { aywaRoute: deliverPost },
  "docs/frameworks/hono.md": { 'from "hono"': "await prepared.deliver((request) => app.fetch(request))" },
  "docs/frameworks/fastify.md": {
    'from "fastify"': "await prepared.deliverTo((request, response) => app.routing(request, response))"
  },
  "docs/frameworks/koa.md": { 'from "koa"': "await prepared.deliverTo(app.callback())" },
  "docs/frameworks/elysia.md": { 'from "elysia"': "await prepared.deliver((request) => app.handle(request))" },
  "docs/frameworks/lambda.md": {
    lambdaHandler:
      "const sent = prepared.signedRequest()\n" +
      'await handler({ requestContext: { http: { method: "POST" } }, headers: Object.fromEntries(sent.headers), body: await sent.text(), isBase64Encoded: false })'
  },
  "docs/frameworks/vercel.md": { aywaWebhooks: deliverPost },
  "docs/frameworks/node.md": { nodeWebhookHandler: "await prepared.deliverTo(receive)" },
  "docs/inbox.md": {
    "PgClient.layerConfig": "await prepared.workedOnPostgres(worker)",
    retryAll: "await retryAll(await prepared.openInbox())",
    readiness: "await readiness(await prepared.openInbox())",
    depth: "await depth(await prepared.openInbox())",
    onPgBoss: "await prepared.onPgBoss(onPgBoss)",
    onBullmq: "await prepared.onBullmq(onBullmq)",
    "WebhookDedupe.WebhookDedupe":
      'await Effect.runPromise(Effect.provide(receive("evt_1", Effect.void), WebhookDedupe.layerMemory))'
  },
  "docs/migration.md": {
    "const keep": "if ((await keep(prepared.aywa)) === undefined) throw new Error()",
    "const goOn": "await goOn(AbortSignal.timeout(500))",
    "const moved":
      'try { moved("export") } catch (error) { if (!String(error).includes("no server address")) throw error }',
    "const lead": "await prepared.leading(lead)"
  },
  "docs/reference/assistants.md": { "const concierge": "await concierge(prepared.aywa)" },
  "docs/reference/calls.md": {
    "const remind":
      'const number = await prepared.aywa.phoneNumbers.create({ provider: "byo-phone-number", number: "+14155550124", credentialId: (await prepared.trunk()).id })\n' +
      "await remind(prepared.aywa, prepared.assistantId, number.id)"
  },
  "docs/reference/credentials.md": { "const trunk": 'await trunk(prepared.aywa, "a password")' },
  "docs/reference/files.md": { "const roundTrip": 'await roundTrip(prepared.aywa, "policies.pdf")' },
  "docs/reference/imports.md": {
    "const move":
      'import { readBundle } from "@aywa-ai/runtime-migration"\nawait move(prepared.aywa, readBundle("bundle.json"))'
  },
  "docs/reference/operations.md": { "const missing": "await missing(prepared.aywa)" },
  "docs/reference/phoneNumbers.md": {
    "const bind": "await bind(prepared.aywa, prepared.assistantId, (await prepared.trunk()).id)"
  },
  "docs/reference/structuredOutputs.md": { "const booked": "await booked(prepared.aywa, await prepared.placeCall())" },
  "docs/reference/tools.md": { "const functionNames": "await functionNames(prepared.aywa)" },
  "docs/reference/webhookEndpoints.md": {
    "const reports": 'await reports(prepared.aywa, "https://agents.example/webhooks")'
  },
  "docs/reference/webhookLogs.md": { "const revive": "await revive(prepared.aywa)" },
  "docs/tools.md": {
    "Toolkit.fromAi(kit)": 'if (!Effect.isEffect(answer("How late is it?"))) throw new Error()',
    "Context.Service<Stock":
      'const calls = [{ id: "1", name: "stock", arguments: { sku: "a" } }]\n' +
      "const { results } = await Effect.runPromise(Effect.provideService(handle({ toolCalls: calls }), Stock, { of: () => 3 }))\n" +
      'if (results[0]?.result !== "3") throw new Error(JSON.stringify(results))'
  },
  "docs/retries.md": {
    "const order": "await order(prepared.aywa, prepared.signal)",
    createPatiently: 'prepared.assertRow(await createPatiently(prepared.aywa, { name: "Desk" }))',
    "const onboard = (aywa":
      'const [one, two] = [await onboard(prepared.aywa, "4711"), await onboard(prepared.aywa, "4711")]\n' +
      "if (one.id !== two.id) throw new Error()",
    "const onboarding":
      'import { AywaRuntime } from "@aywa-ai/runtime-sdk/effect"\n' +
      'const [one, two] = await Effect.runPromise(Effect.provide(Effect.all([onboarding("4712"), onboarding("4712")]), AywaRuntime.layerConfig()))\n' +
      "if (one.id !== two.id) throw new Error()",
    "const rename":
      'if (!(await rename(prepared.aywa, prepared.assistantId, "Front desk"))) throw new Error("it was refused")',
    "const steady":
      'import { Assistants, AywaRuntime } from "@aywa-ai/runtime-sdk/effect"\nimport * as E from "effect/Effect"\n' +
      "const listed = E.flatMap(Assistants.Assistants, (assistants) => assistants.list())\n" +
      "await E.runPromise(E.provide(Policy.with(listed, steady), AywaRuntime.layerConfig()))",
    "const reproducible": "await Effect.runPromise(reproducible(Effect.void))",
    "const once":
      'import { Assistants } from "@aywa-ai/runtime-sdk/effect"\nimport * as E from "effect/Effect"\n' +
      "await E.runPromise(E.provide(once(E.flatMap(Assistants.Assistants, (assistants) => assistants.list())), layer))"
  },
  "docs/from-0.1.md": {
    openApiVersion: "await Effect.runPromise(Effect.provide(openApiVersion, AywaRuntime.layerConfig()))"
  },
  "docs/tenants.md": {
    assistantsOf:
      'await assistantsOf({ organizationId: process.env.AYWA_RUNTIME_ORGANIZATION_ID ?? "", apiKey: process.env.AYWA_RUNTIME_API_KEY ?? "" })',
    copyAssistant:
      "const here = { baseUrl: process.env.AYWA_RUNTIME_BASE_URL, apiKey: process.env.AYWA_RUNTIME_API_KEY }\n" +
      "await Effect.runPromise(copyAssistant(prepared.assistantId, here, here))",
    countsOf:
      "process.env.AYWA_RUNTIME_API_KEY_ACME = process.env.AYWA_RUNTIME_API_KEY\n" +
      "process.env.AYWA_RUNTIME_ORGANIZATION_ID_ACME = process.env.AYWA_RUNTIME_ORGANIZATION_ID\n" +
      'const counts = await Effect.runPromise(countsOf(["acme", "acme"]))\n' +
      "if (counts.length !== 2) throw new Error()"
  },
  "docs/webhooks.md": {
    "aywaRoute(options)": deliverPost,
    'from "hono"': "await prepared.deliver((request) => app.fetch(request))",
    'from "elysia"': "await prepared.deliver((request) => app.handle(request))",
    'from "express"': "await prepared.deliverTo(app)",
    'from "koa"': "await prepared.deliverTo(app.callback())",
    'from "fastify"':
      "await app.ready()\nawait prepared.deliverTo((request, response) => app.routing(request, response))",
    lambdaHandler:
      "const sent = prepared.signedRequest()\n" +
      'await handler({ requestContext: { http: { method: "POST" } }, headers: Object.fromEntries(sent.headers), body: await sent.text(), isBase64Encoded: false })',
    "webhookReceiver(options)": deliverPost,
    "WebhookRoute.layer": "await prepared.deliverToRoutes(routes)",
    "calendar.book": "await prepared.callTool(webhooks)",
    "const inbox: WebhookSink": deliverPost,
    "WebhookScheme.firstPresent": deliverPost
  },
  "packages/runtime-sdk/src/effect/AywaRuntime.ts": {
    "const document":
      'import * as Effect from "effect/Effect"\n' +
      "await Effect.runPromise(Effect.provide(document, AywaRuntime.layerConfig()))"
  },
  "packages/runtime-sdk/src/config/readRuntimeProfile.ts": {
    "const connect":
      'import { writeFileSync } from "node:fs"\n' +
      'const known = { idempotencyKeys: "honoured", ifMatch: "ignored", webhookSignature: "standard", lists: {} }\n' +
      'writeFileSync("profile.json", JSON.stringify({ formatVersion: 1, createdAt: "2026-11-29T09:00:00Z", ...known }))\n' +
      'if (connect("profile.json").runtimeProfile?.ifMatch !== "ignored") throw new Error()'
  },
  "packages/runtime-sdk/src/tools/effect/toAi.ts": {
    "const answer":
      'import * as Effect from "effect/Effect"\nif (!Effect.isEffect(answer("How late is it?"))) throw new Error()'
  },
  "packages/runtime-sdk/src/policy/Policy.ts": {
    "const reproducible": "await Effect.runPromise(reproducible(Effect.void))",
    "const patient":
      'import { Assistants, AywaRuntime } from "@aywa-ai/runtime-sdk/effect"\n' +
      'import * as Effect from "effect/Effect"\n' +
      "const list = Assistants.Assistants.use((assistants) => assistants.list()).pipe(Policy.with(patient))\n" +
      "await Effect.runPromise(Effect.provide(list, AywaRuntime.layerConfig()))",
    "const onboard":
      'import { AywaRuntime } from "@aywa-ai/runtime-sdk/effect"\n' +
      'await Effect.runPromise(Effect.provide(onboard("4713"), AywaRuntime.layerConfig()))'
  },
  "packages/runtime-sdk/src/promise/AywaRuntimeClient.ts": {
    "const onboard": 'prepared.assertRow(await onboard(prepared.aywa, "4714"))',
    "const document": "await document(prepared.aywa)",
    "const ofTenant":
      'await ofTenant(prepared.aywa, process.env["AYWA_RUNTIME_ORGANIZATION_ID"] ?? "").assistants.list()'
  },
  "packages/runtime-sdk/src/webhooks/effect/AywaWebhooks.ts": {
    "const receive": "await Effect.runPromise(receive(prepared.signedRequest()))"
  },
  "packages/runtime-sdk/src/promise/ClientTypes.ts": { "const names": "await names(prepared.aywa)" },
  "packages/runtime-sdk/src/inbox/Once.ts": { "const worker": "await prepared.workedOnSqlite(worker)" },
  "packages/runtime-sdk/src/inbox/WebhookInbox.ts": { "const routes": "await prepared.deliverToRoutes(routes)" },
  "packages/runtime-sdk/src/inbox/open.ts": { "const listener": "await prepared.deliverTo(listener)" },
  "packages/runtime-sdk/src/outbound.ts": { "const vet": 'await vet("https://192.0.2.1/webhooks").catch(() => {})' },
  "packages/runtime-sdk/src/config/redacted.ts": { "const store": "await store(prepared.aywa)" },
  "packages/runtime-sdk/src/tools/ToolFailure.ts": { "const lookup": 'try { lookup("A-1") } catch {}' },
  "packages/runtime-sdk/src/tools/Toolkit.ts": { "const listener": "await prepared.deliverTo(listener)" },
  "packages/runtime-sdk/src/tools/effect/handle.ts": { "const routes": "await prepared.deliverToRoutes(routes)" },
  "packages/runtime-sdk/src/tools/effect/Tools.ts": {
    "Effect.logWarning":
      'import { AywaRuntime } from "@aywa-ai/runtime-sdk/effect"\n' +
      `await Effect.runPromise(Effect.provide(check(prepared.toolkit, ${toolServer}), AywaRuntime.layerConfig()))`
  },
  "packages/runtime-sdk/src/tools/Tools.ts": {
    "throw new Error(Tools.format(alignment))": `await prepared.align(${toolServer})\nawait check(prepared.aywa, prepared.toolkit, ${toolServer})`
  },
  "packages/runtime-sdk/src/webhooks/effect/WebhookRoute.ts": {
    "const routes": "await prepared.deliverToRoutes(routes)"
  },
  "packages/runtime-sdk/src/webhooks/frameworks/express.ts": { "const app": "await prepared.deliverTo(app)" },
  "packages/runtime-sdk/src/webhooks/frameworks/lambda.ts": {
    "const handler":
      "const sent = prepared.signedRequest()\n" +
      'await handler({ httpMethod: "POST", headers: Object.fromEntries(sent.headers), body: await sent.text() })'
  },
  "packages/runtime-sdk/src/webhooks/frameworks/nextjs.ts": { "const POST": deliverPost },
  "packages/runtime-sdk/src/webhooks/frameworks/vercel.ts": { "const POST": deliverPost },
  "packages/runtime-sdk/src/webhooks/frameworks/fastify.ts": {
    "const app": "await app.ready()\nawait prepared.deliverTo((request, response) => app.routing(request, response))"
  },
  "packages/runtime-sdk/src/webhooks/handling/handlers.ts": { "const webhooks": "await prepared.callTool(webhooks)" },
  "packages/runtime-sdk/src/webhooks/handling/node.ts": { "const server": "" },
  "packages/runtime-sdk/src/webhooks/handling/web.ts": { "const POST": deliverPost },
  "packages/runtime-sdk/src/webhooks/legacy/WebhookScheme.ts": {
    "const receive": "await receive(prepared.signedRequest())"
  },
  "packages/runtime-sdk/src/webhooks/verify.ts": {
    "const receive": "receive(prepared.rawBody, prepared.request)"
  }
}
