/**
 * Records the sessions of docs/cli.md and docs/config.md on a terminal, each against a fresh local runtime. With --check
 * it compares instead, and fails when a page is not what the command line says today.
 */
import { chmodSync, mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createServer as createTcpServer, type AddressInfo } from "node:net"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { bundle } from "../packages/runtime-cli/scripts/bundle.ts"
import { applicationSql, files } from "./record-cli/files.ts"
import { makeNormalise } from "./record-cli/normalise.ts"
import { configPage } from "./record-cli/configPage.ts"
import { page, type Part, type Step } from "./record-cli/page.ts"
import { openTerminal, type Pane, until } from "./record-cli/terminal.ts"

const root = new URL("..", import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), "aywa-record-"))

const freePort = async (): Promise<number> => {
  const server = createTcpServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** The handler that `webhooks listen` forwards to, and what it answers a tool call. */
const answer = '{"results":[{"toolCallId":"call_trigger_1","name":"lookupOrder","result":"Order 4711 is on its way"}]}'
const handler = createServer((request, response) => {
  request.resume()
  request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(answer))
}).listen(0, "127.0.0.1")
await once(handler, "listening")
const handlerPort = (handler.address() as AddressInfo).port

await bundle(join(folder, "dist"))
mkdirSync(join(folder, "bin"))
mkdirSync(join(folder, "work"))
const work = join(folder, "work")
writeFileSync(
  join(folder, "bin/aywa-runtime"),
  `#!/bin/sh\nexec "${process.execPath}" "${join(folder, "dist/bin.js")}" "$@"\n`
)
chmodSync(join(folder, "bin/aywa-runtime"), 0o755)
for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text)
// The toolkit's own imports: the SDK and effect, as a project has them.
symlinkSync(join(root, "packages/examples/node_modules"), join(work, "node_modules"))
const database = new DatabaseSync(join(work, "app.sqlite"))
database.exec(applicationSql)
database.close()
chmodSync(join(work, "app.sqlite"), 0o600)

const port = await freePort()
let normalise = makeNormalise(port, work)
const env: Record<string, string> = {
  PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
  HOME: folder,
  TERM: "screen",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  NO_COLOR: "1",
  DATABASE_URL: "sqlite:app.sqlite"
}
const terminal = openTerminal({ cwd: work, env, columns: 118 })
const running = new Map<string, Pane>()

/** What is typed, with the ports of this run. */
const actual = (command: string) =>
  command.replaceAll("--port 4010", `--port ${port}`).replaceAll("127.0.0.1:3000", `127.0.0.1:${handlerPort}`)

const withEnv = (command: string) => `set -a; [ -f .env.local ] && . ./.env.local; set +a; ${actual(command)}`

const shown = (pane: Pane) => normalise(pane.screen().replaceAll(`127.0.0.1:${handlerPort}`, "127.0.0.1:3000"))

const record = async (step: Step): Promise<string> => {
  if ("run" in step) {
    const pane = terminal.open(withEnv(step.run))
    await until(step.run, pane, () => pane.ended() !== undefined)
    const code = pane.ended()
    const text = shown(pane)
    pane.close()
    if (code !== (step.code ?? 0)) throw new Error(`${step.run} ended with ${code}:\n${text}`)
    return [`$ ${step.run}`, text].filter((part) => part !== "").join("\n")
  }
  if ("start" in step) {
    const pane = terminal.open(withEnv(step.start))
    running.set(step.start, pane)
    await until(step.start, pane, () => step.until.test(pane.screen()))
    // What is still to come is shown where it is stopped.
    return step.start.includes(" local ") ? `$ ${step.start}\n${shown(pane)}` : ""
  }
  const pane = running.get(step.stop)
  if (pane === undefined) throw new Error(`${step.stop} was not started`)
  const wanted = step.until
  if (wanted !== undefined) await until(step.stop, pane, () => wanted.test(pane.screen()))
  pane.interrupt()
  await until(`the end of ${step.stop}`, pane, () => pane.ended() !== undefined)
  const text = shown(pane)
  running.delete(step.stop)
  pane.close()
  return `$ ${step.stop}\n${text}`
}

/** The text of a page, with its sessions. */
const textOf = async (recorded: ReadonlyArray<Part>): Promise<string> => {
  const parts: Array<string> = []
  for (const part of recorded) {
    if (typeof part === "string") {
      parts.push(part)
      continue
    }
    const lines: Array<string> = []
    for (const step of part) {
      const text = await record(step)
      if (text !== "") lines.push(text)
    }
    parts.push(`\`\`\`console\n${lines.join("\n\n")}\n\`\`\``)
  }
  for (const [name, pane] of running) {
    pane.interrupt()
    await until(`the end of ${name}`, pane, () => pane.ended() !== undefined)
    pane.close()
  }
  running.clear()
  return `${parts.join("\n\n")}\n`
}

/** Writes a page, or compares it with the one that is kept. */
const publish = (name: string, text: string): void => {
  const target = join(root, name)
  if (!process.argv.includes("--check")) {
    writeFileSync(target, text)
    console.log(`${name}: recorded on ${terminal.name}`)
    return
  }
  const kept = readFileSync(target, "utf8")
  if (kept !== text) {
    const [before, now] = [kept.split("\n"), text.split("\n")]
    const at = now.findIndex((line, index) => line !== before[index])
    throw new Error(
      `${name} is not what is recorded now (npm run record-cli). Line ${at + 1}:\n- ${before[at]}\n+ ${now[at]}`
    )
  }
  console.log(`${name} is as recorded (${terminal.name})`)
}

const pages: ReadonlyArray<readonly [string, ReadonlyArray<Part>]> = [
  ["docs/cli.md", page],
  ["docs/config.md", configPage]
]

try {
  for (const [name, recorded] of pages) {
    normalise = makeNormalise(port, work)
    publish(name, await textOf(recorded))
  }
} finally {
  for (const pane of running.values()) pane.interrupt()
  terminal.close()
  handler.closeAllConnections()
  handler.close()
  rmSync(folder, { recursive: true, force: true })
}
