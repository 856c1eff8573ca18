/** Servers that a test starts for itself, on free ports, where its settings would disturb others. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Client } from "pg"
import { programOf } from "./services.ts"

export interface OwnServer extends AsyncDisposable {
  readonly port: number
  /** Ends it without a word to anybody, as a crash does, and starts it again on what it had written. */
  readonly restart: () => Promise<void>
  /** Stops it where it is: its connections stay, and nothing is answered. */
  readonly freeze: () => void
  /** Lets it go on. */
  readonly thaw: () => void
}

interface Identity {
  readonly uid?: number
  readonly gid?: number
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve((socket.destroy(), true))).once("error", () => resolve(false))
  })

type Ready = (port: number) => Promise<boolean>

/** Waits until a server is ready; says what it wrote when it does not get so far. */
const started = async (child: ChildProcess, port: number, ready: Ready): Promise<void> => {
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text))
  for (let i = 0; i < 600; i++) {
    if (child.exitCode !== null) break
    if (await ready(port)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill("SIGKILL")
  throw new Error(`${child.spawnfile} did not start: ${output.slice(-2000)}`)
}

interface Start {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly folder: string
  readonly port: number
  readonly ready: Ready
  readonly as?: Identity
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>
}

const start = async ({ program, args, folder, port, ready, as = {}, env = {} }: Start): Promise<OwnServer> => {
  const launch = async () => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folder,
      env: { ...process.env, ...env },
      ...as
    })
    await started(child, port, ready)
    return child
  }
  const end = async (signal: NodeJS.Signals) => {
    const closed = once(child, "close")
    child.kill(signal)
    await closed
  }
  let child = await launch()
  const kill = () => child.kill("SIGKILL")
  process.once("exit", kill)
  return {
    port,
    restart: async () => {
      // PostgreSQL's immediate shutdown, which recovers afterwards; Redis ends at once.
      await end(program === "redis-server" ? "SIGKILL" : "SIGQUIT")
      child = await launch()
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    [Symbol.asyncDispose]: async () => {
      process.off("exit", kill)
      child.kill("SIGCONT")
      // PostgreSQL's fast shutdown; Redis has nothing to save.
      await end("SIGINT")
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A Redis with settings such as `["--maxmemory-policy", "allkeys-lru"]`. Without them it keeps no file at all. */
export const startRedis = async (
  settings: ReadonlyArray<string> = [],
  env: Readonly<Record<string, string>> = {}
): Promise<OwnServer> => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-redis-"))
  const port = await freePort()
  const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
  return start({ program: "redis-server", args: [...own, ...settings], folder, port, ready: answers, env })
}

/** Makes a PostgreSQL's files, and how to start it. */
const makePostgres = async (folder: string): Promise<Start> => {
  const as = postgresIdentity()
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
  const data = join(folder, "data")
  const options = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
  execFileSync(programOf("initdb"), options, { cwd: folder, stdio: "ignore", ...as })
  const port = await freePort()
  const settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
  const args = ["-D", data, "-p", String(port), ...settings]
  return { program: programOf("postgres"), args, folder, port, ready: takesQueries, as }
}

/** A PostgreSQL that trusts everybody; lines of its `pg_hba.conf`, such as `host all guarded all scram-sha-256`, come first. */
export const startPostgres = async (hostRules: ReadonlyArray<string> = []): Promise<OwnServer> => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-postgres-"))
  const made = await makePostgres(folder)
  const file = join(folder, "data/pg_hba.conf")
  if (hostRules.length > 0) writeFileSync(file, `${hostRules.join("\n")}\n${readFileSync(file, "utf8")}`)
  return start(made)
}

/** A PostgreSQL in hot standby. It waits for the records of a primary that never come. */
export const startStandby = async (): Promise<OwnServer> => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-standby-"))
  const made = await makePostgres(folder)
  writeFileSync(join(folder, "data/standby.signal"), "")
  return start(made)
}

/** It takes connections long before it answers them. */
const takesQueries = async (port: number): Promise<boolean> => {
  const client = new Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" })
  try {
    await client.connect()
    await client.query("SELECT 1")
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** PostgreSQL does not run as root: there it gets the user of the installed one. */
const postgresIdentity = (): Identity => {
  if (process.getuid?.() !== 0) return {}
  const id = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}
