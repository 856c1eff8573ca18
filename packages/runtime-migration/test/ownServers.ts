/** Primaries with a replica, which tests start for themselves: the servers that all tests share have none. */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, type SqlDriver } from "../src/index.ts"
import { eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { programOf } from "../../runtime-sdk/test/support/services.ts"

/** A primary and what follows it. */
export interface Pair extends AsyncDisposable {
  readonly primary: string
  readonly replica: string
  /** Stops and starts what the replica does with what it receives. */
  readonly pause: (replica: SqlDriver) => Promise<unknown>
  readonly resume: (replica: SqlDriver) => Promise<unknown>
}

interface Identity {
  readonly uid?: number
  readonly gid?: number
}

/** PostgreSQL does not run as root: there it gets the user of the installed one. */
const postgresIdentity = (): Identity => {
  if (process.getuid?.() !== 0) return {}
  const id = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** Starts a server and waits until it takes queries; ends it by its own signal for that. */
const start = async (
  program: string,
  args: ReadonlyArray<string>,
  { url, end, as = {} }: { readonly url: string; readonly end: NodeJS.Signals; readonly as?: Identity }
): Promise<() => Promise<void>> => {
  const child = spawn(program, args, { stdio: "ignore", cwd: tmpdir(), ...as })
  const kill = () => child.kill("SIGKILL")
  process.once("exit", kill)
  await eventually(async () => {
    const driver = await openDatabase(url)
    await driver.run("SELECT 1").finally(() => driver.close())
  }, 30_000)
  return async () => {
    process.off("exit", kill)
    const closed = once(child, "close")
    child.kill(end)
    await closed
  }
}

const ended = (folder: string, ends: ReadonlyArray<() => Promise<void>>) => async () => {
  // The replica first, or the primary would wait for it.
  for (const end of ends.toReversed()) await end()
  rmSync(folder, { recursive: true, force: true })
}

/** Two PostgreSQL, one in hot standby behind the other. */
const postgresPair = async (): Promise<Pair> => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-pair-"))
  const as = postgresIdentity()
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
  const [one, two] = [join(folder, "one"), join(folder, "two")]
  const run = (program: string, ...args: ReadonlyArray<string>) =>
    execFileSync(programOf(program), args, { cwd: folder, stdio: "ignore", ...as })
  const serve = async (data: string) => {
    const port = await freePort()
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const args = ["-D", data, "-p", `${port}`, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    return { port, url, stop: await start(programOf("postgres"), args, { url, end: "SIGINT", as }) }
  }
  run("initdb", "-D", one, "-U", "postgres", "-A", "trust", "--no-sync")
  const primary = await serve(one)
  run(
    "pg_basebackup",
    "-h",
    "127.0.0.1",
    "-p",
    `${primary.port}`,
    "-U",
    "postgres",
    "-D",
    two,
    "-R",
    "--no-sync",
    "-c",
    "fast"
  )
  const replica = await serve(two)
  return {
    primary: primary.url,
    replica: replica.url,
    pause: (driver) => driver.run("SELECT pg_wal_replay_pause()"),
    resume: (driver) => driver.run("SELECT pg_wal_replay_resume()"),
    [Symbol.asyncDispose]: ended(folder, [primary.stop, replica.stop])
  }
}

/** Two MariaDB, one a replica of the other. */
const mariaDbPair = async (): Promise<Pair> => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-pair-"))
  const root = process.getuid?.() === 0 ? ["--user=root"] : []
  const init = join(folder, "init.sql")
  writeFileSync(
    init,
    "CREATE USER IF NOT EXISTS root@'127.0.0.1';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\nCREATE DATABASE IF NOT EXISTS app CHARACTER SET utf8mb4;\n"
  )
  const serve = async (id: number) => {
    const data = join(folder, `${id}`)
    const temporary = join(folder, `${id}.tmp`)
    mkdirSync(data)
    mkdirSync(temporary)
    // Of its own: a server that starts removes what others keep in the place of all.
    const places = [`--datadir=${data}`, `--tmpdir=${temporary}`]
    execFileSync("mariadb-install-db", ["--no-defaults", ...root, ...places, "--skip-test-db"], {
      stdio: "ignore",
      env: { ...process.env, TMPDIR: temporary }
    })
    const port = await freePort()
    const url = `mysql://root@127.0.0.1:${port}/app`
    const args = [
      "--no-defaults",
      ...root,
      ...places,
      `--socket=${join(folder, `${id}.sock`)}`,
      `--pid-file=${join(folder, `${id}.pid`)}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      `--server-id=${id}`,
      `--log-bin=${join(data, "log")}`,
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-buffer-pool-size=32M",
      `--init-file=${init}`
    ]
    return { port, url, stop: await start("mariadbd", args, { url, end: "SIGTERM" }) }
  }
  const primary = await serve(1)
  const replica = await serve(2)
  const driver = await openDatabase(replica.url)
  await driver.run(
    `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${primary.port}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1`
  )
  await driver.run("SET GLOBAL gtid_slave_pos = ''").catch(() => undefined)
  await driver.run("START SLAVE")
  await driver.close()
  return {
    primary: primary.url,
    replica: replica.url,
    pause: (driver) => driver.run("STOP SLAVE SQL_THREAD"),
    resume: (driver) => driver.run("START SLAVE SQL_THREAD"),
    [Symbol.asyncDispose]: ended(folder, [primary.stop, replica.stop])
  }
}

export const pairs = [
  { name: "PostgreSQL", programs: ["initdb", "postgres", "pg_basebackup"], open: postgresPair },
  { name: "MariaDB", programs: ["mariadbd", "mariadb-install-db"], open: mariaDbPair }
] as const
