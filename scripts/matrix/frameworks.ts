/**
 * Frameworks that bundle what they run, with the packed SDK: a worker in workerd, an application of Next.
 */

/** A worker that answers webhooks. */
export const worker = `import { aywaWorker } from "@aywa-ai/runtime-sdk/webhooks/cloudflare"
export default aywaWorker((env) => ({
  secret: env.SECRET,
  handlers: {
    hang: () => {},
    "assistant-request": () => ({ assistantId: "a" }),
    "voice-request": async function* () { yield new TextEncoder().encode("pc"); yield new TextEncoder().encode("m!") }
  }
}))
`

/** What every one of them must answer; \`send\` gives status and text. */
const check = `
import { signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
const other = "whsec_" + Buffer.alloc(32, 9).toString("base64")
export const check = async (post, secret) => {
  const send = async (message, by = secret) => {
    const body = JSON.stringify({ message })
    const headers = { "content-type": "application/json", ...signAywaRuntimeWebhook({ body, secret: by }) }
    const answer = await post({ method: "POST", body, headers })
    return answer.status + " " + (await answer.text()).slice(0, 60)
  }
  const report = { type: "end-of-call-report", endedReason: "x", artifact: { x: "x".repeat(9_000_000) }, analysis: {} }
  const large = { type: "hang", x: "x".repeat(11_000_000) }
  // A client that is still writing when the answer comes may miss it, as the platform's fetch does.
  const refused = async (tries = 5) => {
    try {
      return await send(large)
    } catch (error) {
      if (tries === 1) throw error
      return refused(tries - 1)
    }
  }
  const answers = [
    [await send({ type: "assistant-request" }), '200 {"assistantId":"a"}'],
    [await send({ type: "voice-request", text: "hi", sampleRate: 8000 }), "200 pcm!"],
    [await send({ type: "hang" }, other), '401 {"error":"SignatureMismatch"'],
    [await send(report), "200 {}"],
    [await refused(), '413 {"error":"BodyTooLarge"'],
    [await send({ type: "hang" }), "200 {}"]
  ]
  for (const [answer, expected] of answers) if (!answer.startsWith(expected)) throw new Error(answer + " instead of " + expected)
}
`

export const runWorker = `import { readFileSync } from "node:fs"
import { Miniflare } from "miniflare"
import { generateWebhookSecret } from "@aywa-ai/runtime-sdk/webhooks"
import { check } from "./check.mjs"
const secret = generateWebhookSecret()
const miniflare = new Miniflare({
  modules: true,
  script: readFileSync("worker.out.mjs", "utf8"),
  compatibilityDate: "2026-07-01",
  compatibilityFlags: ["nodejs_compat"],
  bindings: { SECRET: secret }
})
await check((init) => miniflare.dispatchFetch("http://localhost/", init), secret)
await miniflare.dispose()
process.exit(0)
`

const handlers = `{
    hang: () => {},
    "assistant-request": () => ({ assistantId: "a" }),
    "end-of-call-report": () => {},
    "voice-request": async function* () { yield Buffer.from("pc"); yield Buffer.from("m!") }
  }`

/** An application with a route of the app router, and one of the pages router. */
export const next: Record<string, string> = {
  "app/layout.js": "export default function Layout({ children }) { return <html><body>{children}</body></html> }\n",
  "app/page.js": "export default function Page() { return <p>ok</p> }\n",
  "app/webhooks/route.js": `import { after } from "next/server"
import { aywaRoute } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
export const POST = aywaRoute({ secret: () => process.env.SECRET, handlers: ${handlers}, onError: () => {}, after })
`,
  // Next puts a fetch of its own in the place of Node's, and answers from its cache what does not say otherwise.
  "app/rows/route.js": `import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
export const fetchCache = "default-cache"
export const GET = async (request) => {
  const transport = new URL(request.url).searchParams.get("transport")
  const aywa = new AywaRuntimeClient({ baseUrl: process.env.ROWS, apiKey: "k", transport })
  const { items } = await aywa.assistants.list()
  return Response.json([globalThis.fetch.__nextPatched === true, items[0].name])
}
`,
  "pages/api/webhooks.js": `import { aywaApiHandler } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
export const config = { api: { bodyParser: false } }
export default aywaApiHandler({ secret: () => process.env.SECRET, handlers: ${handlers}, onError: () => {} })
`,
  "pages/api/parsed.js": `import { aywaApiHandler } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
export default aywaApiHandler({ secret: () => process.env.SECRET, onError: () => {} })
`,
  "check.mjs": check,
  "run.mjs": `import { spawn } from "node:child_process"
import { createServer } from "node:http"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { check } from "./check.mjs"
const secret = generateWebhookSecret()
let rows = 0
const runtime = createServer((request, response) => {
  const name = "row " + ++rows
  const row = { id: "a", orgId: "o", createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z", name }
  response.setHeader("content-type", "application/json").end(JSON.stringify([row]))
})
await new Promise((resolve) => runtime.listen(0, "127.0.0.1", resolve))
const child = spawn(process.execPath, ["node_modules/next/dist/bin/next", "start", "-p", "0", "-H", "127.0.0.1"], {
  stdio: ["ignore", "pipe", "inherit"],
  env: {
    ...process.env,
    SECRET: secret,
    ROWS: "http://127.0.0.1:" + runtime.address().port,
    NEXT_TELEMETRY_DISABLED: "1"
  }
})
try {
  const url = await new Promise((resolve, reject) => {
    let text = ""
    child.once("exit", () => reject(new Error(text)))
    child.stdout.on("data", (chunk) => {
      text += chunk
      const address = /http:\\/\\/127\\.0\\.0\\.1:\\d+/.exec(text)
      if (address !== null && text.includes("Ready")) resolve(address[0])
    })
  })
  for (const path of ["/webhooks", "/api/webhooks"]) await check((init) => fetch(url + path, init), secret)
  const body = JSON.stringify({ message: { type: "hang" } })
  const headers = { "content-type": "application/json", ...signAywaRuntimeWebhook({ body, secret }) }
  const parsed = await (await fetch(url + "/api/parsed", { method: "POST", body, headers })).text()
  if (!parsed.includes("bodyParser: false")) throw new Error(parsed)
  const seen = []
  for (const transport of ["auto", "auto", "fetch", "fetch"]) {
    seen.push(...(await (await fetch(url + "/rows?transport=" + transport)).json()))
  }
  const expected = [true, "row 1", true, "row 2", true, "row 3", true, "row 4"]
  if (seen.join() !== expected.join()) throw new Error(seen.join())
} finally {
  child.kill()
  runtime.close()
}
`
}
export { check }
