/**
 * Packs the packages and uses the tarballs as a stranger would: in empty projects outside of this workspace, with
 * only TypeScript beside them, and with effect. Registry checks: publint and attw.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = new URL("..", import.meta.url).pathname
const sdk = join(root, "packages/runtime-sdk")
const work = mkdtempSync(join(tmpdir(), "aywa-pack-"))
const pnpm = ["--yes", "pnpm@12.21.0"]
const tsc = join(root, "node_modules/.bin/tsc")
const run = (command: string, args: ReadonlyArray<string>, cwd: string, quiet = false): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", quiet ? "pipe" : "inherit", "inherit"] }) ?? ""

/** What every tarball must be: whole, documented, and resolved the same way by Node and TypeScript. */
const checkTarball = (tarball: string): void => {
  const files = run("tar", ["-tzf", tarball], work, true).trim().split("\n")
  for (const needed of ["package/package.json", "package/README.md", "package/LICENSE"]) {
    if (!files.includes(needed)) throw new Error(`${tarball} has no ${needed}`)
  }
  const strays = files.filter((file) => !/^package\/(dist\/|package\.json$|README\.md$|LICENSE$)/.test(file))
  if (strays.length > 0) throw new Error(`${tarball} also has ${strays.join(", ")}`)
  const leaked = files.filter((file) => /\.map$|\.test\.|\.bench\.|\/(test|fixtures)\//.test(file))
  if (leaked.length > 0) throw new Error(`${tarball} ships source maps or tests: ${leaked.join(", ")}`)
  console.log(`${tarball.split("/").pop()}: ${(statSync(tarball).size / 1024).toFixed(0)} KB, ${files.length} files`)
  run("publint", ["run", "--strict", tarball], root)
  // A command has no types to resolve.
  if (tarball.includes("runtime-cli")) return
  run("attw", [tarball, "--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm"], root)
}

/** Lists the files below a folder. */
const walk = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })

/** The declarations that an entry reaches: none of the promise entries' may name Effect. */
const declarationsOf = (entry: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const [, from = ""] of readFileSync(entry, "utf8").matchAll(/from "([^"]+)"/g)) {
    if (/^effect(\/|$)/.test(from))
      throw new Error(`${entry} names ${from}: the promise entries must check without effect`)
    if (from.startsWith(".")) declarationsOf(join(entry, "..", from.replace(/\.(js|ts)$/, ".d.ts")), seen)
  }
  return seen
}

try {
  for (const entry of ["index", "webhooks", "webhooks/handlers", "webhooks/legacy", "outbound", "migration"]) {
    const reached = declarationsOf(join(sdk, `dist/${entry}.d.ts`))
    console.log(`${entry}.d.ts reaches ${reached.size} declaration files, none of which names effect`)
  }
  run("npx", [...pnpm, "pack", "--pack-destination", work], sdk, true)
  const tarball = join(work, readdirSync(work).find((name) => name.endsWith(".tgz")) ?? "")
  checkTarball(tarball)
  for (const name of ["runtime-local", "runtime-cli"]) {
    const folder = join(work, name)
    mkdirSync(folder)
    run("npx", [...pnpm, "pack", "--pack-destination", folder], join(root, "packages", name), true)
    checkTarball(join(folder, readdirSync(folder)[0] ?? ""))
  }

  const project = (name: string, dependencies: Record<string, string>, files: Record<string, string>): string => {
    const folder = join(work, name)
    mkdirSync(folder)
    const manifest = { name, private: true, type: "module", dependencies }
    const config = {
      compilerOptions: {
        target: "ES2024",
        lib: ["ES2024", "DOM", "ESNext.Disposable"],
        module: "NodeNext",
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: ["node"],
        allowImportingTsExtensions: true
      },
      include: ["*.ts", "*.cts"]
    }
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
    run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--no-package-lock"], folder, true)
    return folder
  }

  // A server in the shape of the runtime's contract is enough here; the local runtime has its own tests.
  const server = `import { createServer } from "node:http"
const row = { id: "a1", orgId: "o", createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" }
export const listen = (use) => new Promise((resolve, reject) => {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify(request.method === "GET" ? [row] : row))
  }).listen(0, "127.0.0.1", () => {
    Promise.resolve(use("http://127.0.0.1:" + server.address().port)).then(resolve, reject).finally(() => server.close())
  })
})
`
  const plain = project(
    "plain",
    { "@aywa-ai/runtime-sdk": `file:${tarball}`, "@types/node": "24.19.2" },
    {
      "server.js": server,
      "server.d.ts": "export const listen: (use: (baseUrl: string) => Promise<void>) => Promise<void>\n",
      "main.ts": `import { AywaRuntimeClient, isRuntimeError, type Assistant } from "@aywa-ai/runtime-sdk"
import { generateWebhookSecret, signAywaRuntimeWebhook, verifyAywaRuntimeWebhook, WebhookVerificationError } from "@aywa-ai/runtime-sdk/webhooks"
import { fastifyWebhooks, nodeWebhookHandler, webhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { WebhookScheme } from "@aywa-ai/runtime-sdk/webhooks/legacy"
import { listen } from "./server.js"
await listen(async (baseUrl) => {
  const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", organizationId: process.env.AYWA_RUNTIME_ORGANIZATION_ID })
  const assistants = await aywa.assistants.list({ limit: 20 })
  const all: Array<Assistant> = []
  for await (const one of aywa.assistants.list()) all.push(one)
  if (assistants.items.length !== 1 || all.length !== 1) throw new Error("expected one assistant")
  await aywa.assistants.get("").catch((error: unknown) => {
    if (!isRuntimeError(error) || error._tag !== "InvalidRequest") throw error
  })
  const secret = generateWebhookSecret()
  const body = JSON.stringify({ message: { type: "status-update", status: "ended" } })
  const event = verifyAywaRuntimeWebhook({ body, headers: signAywaRuntimeWebhook({ body, secret }), secret })
  if (event.message.type !== "status-update") throw new Error("expected the event")
  const receive = webhookHandler({ secret, handlers: { "status-update": ({ status }) => { if (status !== "ended") throw new Error(status) } } })
  const answers = [
    await receive(new Request(baseUrl, { method: "POST", body, headers: signAywaRuntimeWebhook({ body, secret }) })),
    await webhookHandler({ scheme: WebhookScheme.sharedSecret({ secrets: "token" }), onError: (error) => {
      if (!(error instanceof WebhookVerificationError)) throw error
    } })(new Request(baseUrl, { method: "POST", body, headers: { "x-vapi-secret": "wrong" } }))
  ]
  if (answers.map(({ status }) => status).join() !== "200,401") throw new Error("expected 200 and 401")
  if (typeof nodeWebhookHandler !== "function" || typeof fastifyWebhooks !== "function") throw new Error("adapters")
})
`,
      "require.cjs": `const { AywaRuntimeClient } = require("@aywa-ai/runtime-sdk")
const { verifyAywaRuntimeWebhook } = require("@aywa-ai/runtime-sdk/webhooks")
if (typeof AywaRuntimeClient !== "function" || typeof verifyAywaRuntimeWebhook !== "function") process.exit(1)
`
    }
  )
  if (readdirSync(join(plain, "node_modules")).includes("effect")) throw new Error("effect must not be installed here")
  run(tsc, ["-p", plain], plain)
  run("node", ["main.ts"], plain)
  run("node", ["require.cjs"], plain)
  console.log("plain project without effect: types with skipLibCheck false, import and require run")

  const withEffect = project(
    "with-effect",
    { "@aywa-ai/runtime-sdk": `file:${tarball}`, effect: "4.1.0", "@types/node": "24.19.2" },
    {
      "server.js": server,
      "server.d.ts": "export const listen: (use: (baseUrl: string) => Promise<void>) => Promise<void>\n",
      "main.ts": `import * as Effect from "effect/Effect"
import { Assistants, AywaRuntime, Errors, Policy } from "@aywa-ai/runtime-sdk/effect"
import { NotFound } from "@aywa-ai/runtime-sdk"
import { AywaWebhooks } from "@aywa-ai/runtime-sdk/effect"
import { WebhookRoute } from "@aywa-ai/runtime-sdk/webhooks/http"
import * as Layer from "effect/Layer"
export const routes = WebhookRoute.layer("/webhooks", { handlers: { hang: () => Effect.void } }).pipe(
  Layer.provide(AywaWebhooks.layerConfig())
)
import { listen } from "./server.js"
await listen((baseUrl) =>
  Effect.gen(function* () {
    const assistants = yield* Assistants.Assistants
    const page = yield* Policy.with(assistants.list({ limit: 1 }), Policy.noRetry)
    if (page.items.length !== 1) throw new Error("expected one assistant")
    const error = yield* Effect.flip(assistants.get(""))
    if (!(error instanceof Errors.InvalidRequest) || error instanceof NotFound) throw new Error("wrong class")
  }).pipe(Effect.provide(AywaRuntime.layer({ baseUrl, apiKey: "k" })), Effect.runPromise)
)
`
    }
  )
  // Effect's own declarations are not ours to check.
  run(tsc, ["-p", withEffect, "--skipLibCheck"], withEffect)
  run("node", ["main.ts"], withEffect)
  console.log("project with effect 4.1.0: types, runs, errors of both entries know each other")
  console.log(`dist has ${walk(join(sdk, "dist")).length} files`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
