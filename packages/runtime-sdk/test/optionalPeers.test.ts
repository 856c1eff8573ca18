/**
 * What is said when an optional package is missing or is another version. `scripts/matrix/door.ts` does the same with the
 * packed files and the real packages.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
const work = mkdtempSync(join(tmpdir(), "aywa-peers-"))
afterAll(() => rmSync(work, { recursive: true, force: true }))

let projects = 0

/** A project with packages of these versions: only what a package says of itself is looked at. */
const project = (versions: Readonly<Record<string, string>>): string => {
  const folder = join(work, String(projects++))
  for (const [name, version] of Object.entries(versions)) {
    const file = join(folder, "node_modules", name, "package.json")
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify({ name, version, main: "index.js" }))
    writeFileSync(join(dirname(file), "index.js"), "")
    writeFileSync(join(dirname(file), "promise.js"), "")
  }
  return folder
}

describe("an entry", () => {
  /** The message of an entry in a project, `undefined` when it may load. */
  const messageOf = (entry: string, peers: ReadonlyArray<string>, versions: Readonly<Record<string, string>>) => {
    const folder = project({ ...versions, [manifest.name]: manifest.version })
    const file = join(folder, "node_modules", manifest.name, "dist/entries/peers.cjs")
    mkdirSync(dirname(file), { recursive: true })
    copyFileSync(new URL("../scripts/entries/peers.cjs", import.meta.url), file)
    try {
      createRequire(file)(file).check(entry, peers)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : error
    }
  }

  it.each([
    ["3.22.4", "this is 3.22.4"],
    ["4.0.6", "this is 4.0.6"],
    ["5.0.0", "this is 5.0.0"],
    ["4.1.0", undefined],
    ["4.1.0-rc.1", undefined],
    ["4.12.3", undefined],
    [undefined, "which is not installed"]
  ])("beside effect %s", (version, found) => {
    const message = messageOf("effect", ["effect"], version === undefined ? {} : { effect: version })
    const needs = version === "5.0.0" ? "effect 4.1 or a later 4.x" : "effect 4.1 or later"
    const line = `@aywa-ai/runtime-sdk/effect needs ${needs}, ${found}: npm install effect@4`
    assert.strictEqual(message, found === undefined ? undefined : line)
  })

  it("of tests needs the local runtime of its own version", () => {
    const peers = ["effect", "@aywa-ai/runtime-local"]
    const { version } = manifest
    const line = `@aywa-ai/runtime-sdk/testing needs @aywa-ai/runtime-local ${version}, this is 0.0.1: npm install @aywa-ai/runtime-local@${version}`
    const local = (version: string) => ({ effect: "4.1.0", "@aywa-ai/runtime-local": version })
    assert.strictEqual(messageOf("testing", peers, local("0.0.1")), line)
    assert.isUndefined(messageOf("testing", peers, local(version)))
  })
})
