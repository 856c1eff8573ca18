// not in the repository: a silent Redis under the inbox
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as Layer from "effect/Layer"
import { openWebhookInbox, WebhookInbox } from "./src/inbox.ts"
import { startRedis } from "./test/support/ownServers.ts"
import { makeProxy } from "./test/support/proxy.ts"
const how = process.argv[2] ?? "hang", seconds = Number(process.argv[3] ?? 45)
const server = await startRedis()
const proxy = await makeProxy(server.port)
const t0 = performance.now()
const log = (...a: unknown[]) => console.log(((performance.now() - t0) / 1000).toFixed(1).padStart(6), ...a)
const options = process.argv[4] === "short" ? { lockExpiration: "3 seconds" as const } : {}
const socket = { host: "127.0.0.1", port: proxy.port, ...(process.argv[5] ? { socketTimeout: Number(process.argv[5]) } : {}) }
const store = WebhookInbox.layerRedis(options).pipe(Layer.provide(NodeRedis.layer({ socket })))
const handled: string[] = []
const inbox = await openWebhookInbox({ store, handle: async ({ id }) => { handled.push(id) }, onError: (e) => log("onError", e.kind, e.message.slice(0, 100)) })
const offer = async (id: string) => {
  const b = performance.now()
  const r = await inbox.offer({ id, type: "hang", callId: undefined, body: "{}" }).then(() => "stored", (e) => "refused " + e.message.slice(0, 90))
  return [r, Math.round(performance.now() - b) + " ms"] as const
}
log(await offer("a"))
await new Promise((r) => setTimeout(r, 1000)); log("handled", handled.length)
const stop = { hang: proxy.hang, freeze: server.freeze, proxyfreeze: proxy.freeze, down: proxy.down }[how]!
const goOn = { hang: () => {}, freeze: server.thaw, proxyfreeze: proxy.thaw, down: proxy.up }[how]!
stop(); log(how)
setTimeout(() => { log("goes on"); goOn() }, seconds * 1000)
let stored = 0, n = 0, since = 0
for (let i = 0; i < 150; i++) {
  const id = "b" + n
  const [r, ms] = await offer(id)
  if (r === "stored") { n++; stored++; if (stored === 1) log("first stored", id, ms, "after", i, "refused"); if (performance.now() - t0 > (seconds + 10) * 1000 && stored > 5) break }
  else if (i % 10 === 0) log(id, r, ms)
  await new Promise((res) => setTimeout(res, 500))
}
for (let i = 0; i < 600 && handled.length < n + 1; i++) await new Promise((r) => setTimeout(r, 200))
log("handled", handled.length, "of", n + 1, "unique", new Set(handled).size)
await inbox.close(); log("closed")
proxy.close(); await server[Symbol.asyncDispose]()
