/**
 * The servers that some tests talk to, on their standard loopback ports. Where one is missing the tests say that they
 * are skipped; with AYWA_REQUIRE_SERVICES=1 a missing one is a failure.
 */
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

/** `describe` where the server runs; else a skip that says so. */
export const describeWith = async (
  server: keyof typeof ports
): Promise<(name: string, suite: () => void) => unknown> => {
  if (await answers(ports[server])) return describe
  if (process.env["AYWA_REQUIRE_SERVICES"] === "1") {
    throw new Error(`AYWA_REQUIRE_SERVICES=1, and no ${server} answers on 127.0.0.1:${ports[server]}`)
  }
  console.log(`SKIPPED: no ${server} on 127.0.0.1:${ports[server]}`)
  return describe.skip
}
