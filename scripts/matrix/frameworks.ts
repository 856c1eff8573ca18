/**
 * Frameworks that bundle what they run, and platforms, with the packed SDK: a worker in workerd, an application of Next, a
 * function of Vercel. Their routes are those of the case table (`attacks.ts`).
 */
import { createServer } from "node:http"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { signAywaRuntimeWebhook } from "../../packages/runtime-sdk/src/webhooks.ts"
import { checkHost, emptyAuthorization, type Table, withServer } from "./attacks.ts"
import { run } from "./projects.ts"

/** A worker that answers webhooks, and what runs it. */
export const worker: Record<string, string> = {
  "worker.mjs": `import { aywaWorker } from "@aywa-ai/runtime-sdk/webhooks/cloudflare"
import { routesOf } from "./routes.mjs"
let workers
export default {
  fetch: (request, env, context) => {
    workers ??= new Map(Object.entries(routesOf(env.SECRET)).map(([path, options]) => [path, aywaWorker(() => options)]))
    return workers.get(new URL(request.url).pathname).fetch(request, env, context)
  }
}
`,
  "run-worker.mjs": `import { readFileSync } from "node:fs"
import { Miniflare } from "miniflare"
const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  modules: true,
  script: readFileSync("worker.out.mjs", "utf8"),
  compatibilityDate: "2026-07-01",
  compatibilityFlags: ["nodejs_compat"],
  bindings: { SECRET: process.env.SECRET }
})
console.log("Ready on " + (await miniflare.ready).href)
process.stdin.resume().once("end", () => miniflare.dispose().then(() => process.exit(0)))
`
}

/** Bundles the worker, and sends it everything. */
export const checkWorker = async (folder: string, table: Table): Promise<void> => {
  const args = ["--bundle", "--format=esm", "--external:node:*", "--outfile=worker.out.mjs", "--log-level=error"]
  await run("node_modules/.bin/esbuild", ["worker.mjs", ...args], folder)
  await withServer([process.execPath, "run-worker.mjs"], { cwd: folder, env: { SECRET: table.secret } }, (port) =>
    checkHost(table, { host: "workerd", port, lost: emptyAuthorization })
  )
}

/**
 * A function of Vercel's Node.js runtime.
 *
 * Real are the server, which is Node's, and the bridge from it to the exported methods: `@edge-runtime/node-utils`, in the
 * version that Vercel's own builder (`@vercel/node`) brings for functions that export methods. Not real: the proxy and the
 * virtual machine around them. The proxy answers 413 to more than 4.5 MB before a function is asked, which the docs say; what
 * a function makes of more is still looked at here.
 */
export const vercel: Record<string, string> = {
  "vercel.mjs": `import { createServer } from "node:http"
import { buildToNodeHandler } from "@edge-runtime/node-utils"
import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/vercel"
import { routesOf } from "./routes.mjs"
class StreamedRequest extends Request {
  constructor(input, init) {
    super(input, { ...init, duplex: "half" })
  }
}
class FetchEvent {
  waitUntil() {}
}
const bridge = buildToNodeHandler(
  { Headers, ReadableStream, Request: StreamedRequest, Uint8Array, FetchEvent },
  { defaultOrigin: "https://vercel.com" }
)
// What a file of the function exports, and what the bridge makes of it: other methods are answered 405.
const functions = new Map(Object.entries(routesOf(process.env.SECRET)).map(([path, options]) => {
  const exported = { POST: aywaWebhooks({ ...options, waitUntil: () => {} }) }
  return [path, new Map(Object.entries(exported).map(([method, handle]) => [method, bridge(handle)]))]
}))
const server = createServer((request, response) => {
  const handle = functions.get(request.url).get(request.method)
  if (handle !== undefined) handle(request, response)
  else response.writeHead(405).end()
}).listen(0, "127.0.0.1", () => console.log("Ready on http://127.0.0.1:" + server.address().port))
`
}

/** Sends the function everything. */
export const checkVercel = (folder: string, table: Table): Promise<void> =>
  withServer([process.execPath, "vercel.mjs"], { cwd: folder, env: { SECRET: table.secret } }, (port) =>
    checkHost(table, { host: "Vercel's bridge", port })
  )

const routes = (depth: string, make: string) => `import { routesOf } from "${depth}routes.mjs"
const routes = routesOf(() => process.env.SECRET)
const handlers = new Map(Object.entries(routes).map(([path, options]) => [path, ${make}]))
`

/** An application with the routes of both routers, and the files of the documentation beside them. */
export const next: Record<string, string> = {
  "app/layout.js": "export default function Layout({ children }) { return <html><body>{children}</body></html> }\n",
  "app/page.js": "export default function Page() { return <p>ok</p> }\n",
  "app/webhooks/route.js": `import { after } from "next/server"
import { aywaRoute } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
import { replies as handlers } from "../../replies.mjs"
export const runtime = "nodejs"
export const POST = aywaRoute({ secret: () => process.env.SECRET, handlers, onError: () => {}, after })
`,
  "app/hooks/[...path]/route.js": `import { after } from "next/server"
import { aywaRoute } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
${routes("../../../", "aywaRoute({ ...options, after })")}
export const POST = async (request, { params }) => handlers.get("/" + (await params).path.join("/"))(request)
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
import { replies as handlers } from "../../replies.mjs"
export const config = { api: { bodyParser: false } }
export default aywaApiHandler({ secret: () => process.env.SECRET, handlers, onError: () => {} })
`,
  "pages/api/hooks/[...path].js": `import { aywaApiHandler } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
${routes("../../../", "aywaApiHandler(options)")}
export const config = { api: { bodyParser: false } }
export default (request, response) => handlers.get("/" + request.query.path.join("/"))(request, response)
`,
  "pages/api/parsed.js": `import { aywaApiHandler } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
export default aywaApiHandler({ secret: () => process.env.SECRET, onError: () => {} })
`
}

/** A runtime whose one row has another name each time. */
const changingRuntime = async () => {
  let rows = 0
  const runtime = createServer((_, response) => {
    const times = { createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" }
    const row = { id: "a", orgId: "o", ...times, name: `row ${++rows}` }
    response.setHeader("content-type", "application/json").end(JSON.stringify([row]))
  }).listen(0, "127.0.0.1")
  await once(runtime, "listening")
  return {
    url: `http://127.0.0.1:${(runtime.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      runtime.closeAllConnections()
      runtime.close()
    }
  }
}

/** Builds the application once, starts it, and sends it everything. */
export const checkNext = async (folder: string, table: Table): Promise<void> => {
  const bin = "node_modules/next/dist/bin/next"
  const env = { SECRET: table.secret, NEXT_TELEMETRY_DISABLED: "1" }
  await run(process.execPath, [bin, "build"], folder, env)
  using runtime = await changingRuntime()
  const start = [process.execPath, bin, "start", "-p", "0", "-H", "127.0.0.1"] as const
  await withServer(start, { cwd: folder, env: { ...env, ROWS: runtime.url } }, async (port) => {
    await checkHost(table, { host: "Next, app router", port, prefix: "/hooks" })
    await checkHost(table, { host: "Next, pages router", port, prefix: "/api/hooks" })
    const url = `http://127.0.0.1:${port}`
    const post = async (path: string, type: string) => {
      const body = JSON.stringify({ message: { type } })
      const signed = signAywaRuntimeWebhook({ body, secret: table.secret })
      const headers = { "content-type": "application/json", ...signed }
      return (await fetch(url + path, { method: "POST", body, headers })).text()
    }
    for (const path of ["/webhooks", "/api/webhooks"]) {
      const answer = await post(path, "assistant-request")
      if (answer !== '{"assistantId":"a"}') throw new Error(answer)
    }
    const parsed = await post("/api/parsed", "hang")
    if (!parsed.includes("bodyParser: false")) throw new Error(parsed)
    const seen: Array<unknown> = []
    for (const transport of ["auto", "auto", "fetch", "fetch"]) {
      seen.push(...((await (await fetch(`${url}/rows?transport=${transport}`)).json()) as ReadonlyArray<unknown>))
    }
    const expected = [true, "row 1", true, "row 2", true, "row 3", true, "row 4"]
    if (seen.join() !== expected.join()) throw new Error(seen.join())
  })
}
