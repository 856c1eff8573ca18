/** What is said when a driver is missing or too old; `scripts/matrix/door.ts` does the same with the real packages. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { isMigrationError, openDatabase } from "../src/index.ts"

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

describe("a driver", () => {
  const open = (url: string, versions: Readonly<Record<string, string>>): Promise<unknown> =>
    openDatabase(url, { project: project(versions) }).then(
      () => assert.fail("a driver that is too old was opened"),
      (error: unknown) => error
    )

  it.each([
    ["postgres://127.0.0.1:1/x", "pg", "7.18.2", "8"],
    ["mysql://127.0.0.1:1/x", "mysql2", "2.3.3", "3"],
    ["mariadb://127.0.0.1:1/x", "mysql2", "2.3.3", "3"],
    ["pglite:folder", "@electric-sql/pglite", "0.2.17", "0.3"]
  ])("%s: the project's %s %s is too old", async (url, name, version, needs) => {
    const error = await open(url, { [name]: version })
    if (!isMigrationError(error)) throw error
    assert.deepStrictEqual(error.reason, { _tag: "MissingPeer", name, needs, found: version })
    assert.strictEqual(
      error.message,
      `@aywa-ai/runtime-migration needs ${name} ${needs} or later, this is ${version}: npm install ${name}@${needs}`
    )
  })
})
