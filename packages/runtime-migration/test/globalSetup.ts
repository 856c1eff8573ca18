/** One process has the PGlites of all test files: to start one takes seconds, and to clear one nothing. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** The socket of the process that has the PGlites. */
    pglites: string
  }
}

export default async (project: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-pglites-"))
  const socket = join(folder, "socket")
  const server = fork(new URL("./pgliteServer.ts", import.meta.url), [socket])
  await once(server, "message")
  project.provide("pglites", socket)
  return async () => {
    // There is nothing to be saved, and what a PGlite does when its process ends is not to be waited for.
    const running = server.exitCode === null && server.signalCode === null
    const ended = running ? once(server, "exit") : undefined
    server.kill("SIGKILL")
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}
