/**
 * The servers that some tests talk to, on their standard loopback ports, and those servers' own clients. Where one is
 * missing the tests say that they are skipped; with AYWA_REQUIRE_SERVICES=1 a missing one is a failure.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { connect } from "node:net"
import { describe } from "vitest"

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" })
    const settle = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.once("connect", () => settle(true))
    socket.once("error", () => settle(false))
  })

const ports = { PostgreSQL: 5432, MariaDB: 3306, Redis: 6379 } as const

const runs = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** `describe`, as it is used here. */
export type Describe = (name: string, suite: () => void) => unknown

const describeUnless = (missing: ReadonlyArray<string>): Describe => {
  if (missing.length === 0) return describe
  if (process.env["AYWA_REQUIRE_SERVICES"] === "1") {
    throw new Error(`AYWA_REQUIRE_SERVICES=1, and there is no ${missing.join(", no ")}`)
  }
  console.log(`SKIPPED: no ${missing.join(", no ")}`)
  return describe.skip
}

/** `describe` where the server runs, and its client is on the path if the tests use it; else a skip that says so. */
export const describeWith = async (server: keyof typeof ports, client?: string): Promise<Describe> =>
  describeUnless([
    ...((await answers(ports[server])) ? [] : [`${server} on 127.0.0.1:${ports[server]}`]),
    ...(client === undefined || runs(client) ? [] : [`${client} on the path`])
  ])

/** `describe` where the programs are with which the tests start servers of their own; else a skip that says so. */
export const describeWithPrograms = (...programs: ReadonlyArray<string>): Describe =>
  describeUnless(programs.filter((program) => !runsProgram(program)))

/** Whether a program is there with which a test starts a server of its own. */
export const runsProgram = (program: string): boolean => runs(programOf(program))

/** The path of a program; PostgreSQL's are not on everybody's path. */
export const programOf = (program: string): string => {
  const root = "/usr/lib/postgresql"
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : []
  const paths = versions.map((version) => `${root}/${version}/bin/${program}`)
  return paths.find((path) => existsSync(path)) ?? program
}
