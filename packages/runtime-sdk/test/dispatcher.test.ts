/** The dispatcher transport in processes of its own; `scripts/node-majors.ts` runs the same under other Nodes. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const check = async (mode: string): Promise<string> => {
  const script = fileURLToPath(new URL("./support/dispatcherCheck.ts", import.meta.url))
  return (await promisify(execFile)(process.execPath, [script, mode])).stdout
}

describe("the dispatcher of this Node", () => {
  it("serves every kind of call, within its connections", async () => assert.match(await check("plain"), / 0 by fetch/))
  it("gives way to a proxy that a program sets", async () => assert.match(await check("proxy"), / 0 by fetch/))
  it("gives way to a mock that a program sets", async () => assert.match(await check("mock"), /: 0 requests/))
  it("is replaced by fetch where there is none", async () => assert.notMatch(await check("removed"), / 0 by fetch/))
})
