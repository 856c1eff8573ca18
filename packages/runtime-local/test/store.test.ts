/** Files that the runtime must not touch, or cannot use: it says so, and what to do, and leaves them as they are. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, inject, it, onTestFinished } from "vitest"
import { assertMatches, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { startLocalRuntime } from "../src/index.ts"
import { receive } from "./receiver.ts"
import { clientOf, start, temporaryFile } from "./support.ts"

const bin = inject("localBin")

/** Starts a process; gives what it says, on stdout when it serves, on stderr when it ends. */
const run = async (file: string): Promise<{ child: ChildProcess; line: string }> => {
  const child = spawn(process.execPath, [bin, "--db", file, "--api-key", "sk_1"], { stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const [line] = await Promise.race([once(child.stdout, "data"), once(child.stderr, "data")])
  return { child, line: String(line) }
}

/** Makes and changes a file with SQLite itself. */
const sqlite = (file: string, sql: string) => {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

describe("a file that is not to be used", () => {
  const cases: ReadonlyArray<readonly [string, (file: string) => void | Promise<void>, RegExp]> = [
    [
      "not a database",
      (file) => fs.writeFileSync(file, "These are my notes.\n".repeat(500)),
      /not a database: put a backup in its place, or use another file/
    ],
    [
      "the database of another program",
      (file) => sqlite(file, "CREATE TABLE organizations (name TEXT)"),
      /another program: use another file/
    ],
    [
      "the marked database of another program",
      (file) => sqlite(file, "PRAGMA application_id = 7"),
      /another program: use another file/
    ],
    [
      "of a newer version",
      async (file) => {
        await (await startLocalRuntime({ store: { file } })).close()
        sqlite(file, "PRAGMA user_version = 2; CREATE TABLE new_things (a)")
      },
      /a newer version of the local runtime wrote it: update this one/
    ],
    [
      "a file that has another name, too",
      async (file) => {
        await (await startLocalRuntime({ store: { file } })).close()
        fs.linkSync(file, `${file}.link`)
      },
      /another name as well \(a hard link\): use a copy/
    ],
    ["a directory", (file) => fs.mkdirSync(file), /unable to open database file: look whether its directory exists/]
  ]

  it.each(cases)("%s: refused, and left as it was", async (_, make, message) => {
    const file = temporaryFile()
    await make(file)
    const read = () => (fs.statSync(file).isDirectory() ? fs.readdirSync(file).join() : fs.readFileSync(file, "hex"))
    const [before, beside] = [read(), fs.readdirSync(path.dirname(file))]
    assert.match((await rejection(startLocalRuntime({ store: { file } }))).message, message)
    assert.include(
      (await rejection(startLocalRuntime({ store: { file } }))).message,
      `Cannot open the database ${file}: `
    )
    const { line } = await run(file)
    assert.match(line, message)
    assert.strictEqual(read(), before)
    assert.deepStrictEqual(fs.readdirSync(path.dirname(file)), beside)
  })

  it("another name of one that is open: refused for that, and not as a broken one", async () => {
    const file = temporaryFile()
    await start({ store: { file } })
    fs.linkSync(file, `${file}.link`)
    assert.include(
      (await rejection(startLocalRuntime({ store: { file: `${file}.link` } }))).message,
      "another name as well"
    )
  })

  it("damaged in its middle: refused by name", async () => {
    const file = temporaryFile()
    await (await startLocalRuntime({ store: { file } })).close()
    const bytes = fs.readFileSync(file)
    fs.writeFileSync(file, bytes.fill(0xaa, 100, 4096))
    assert.match(
      (await rejection(startLocalRuntime({ store: { file } }))).message,
      /malformed: put a backup in its place/
    )
  })

  it("locked by another program: refused with what to do, and fine when that is over", async () => {
    const file = temporaryFile()
    await (await startLocalRuntime({ store: { file } })).close()
    const other = new DatabaseSync(file)
    other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
    assert.match(
      (await rejection(startLocalRuntime({ store: { file } }))).message,
      /locked: another process keeps it locked: end/
    )
    other.close()
    await start({ store: { file } })
  })
})

describe("one file, one runtime", () => {
  it("a second one is refused, and the deliveries of the first are not made twice", async () => {
    const file = temporaryFile()
    const { runtime } = await start({ store: { file } })
    const receiver = await receive(() => ({ hang: true }))
    await runtime.trigger({ type: "hang", to: receiver.url })
    await receiver.count(1)
    const link = path.join(path.dirname(file), "link.sqlite")
    fs.symlinkSync(file, link)
    for (const name of [file, link]) {
      assert.match(
        (await rejection(startLocalRuntime({ store: { file: name } }))).message,
        /another runtime has it open: stop/
      )
    }
    assert.include((await run(file)).line, "another runtime has it open")
    assert.lengthOf(receiver.deliveries, 1)
    await runtime.restart()
    await receiver.count(2)
    await runtime.close()
    await start({ store: { file } })
  })

  it("the lock of a process that was killed is gone with it", async () => {
    const file = temporaryFile()
    const { child, line } = await run(file)
    assertMatches(JSON.parse(line), { apiKey: "sk_1" })
    assert.match((await rejection(startLocalRuntime({ store: { file } }))).message, /another runtime has it open/)
    child.kill("SIGKILL")
    await once(child, "close")
    await start({ store: { file } })
  })

  it("a start that fails leaves neither lock nor port behind", async () => {
    const file = temporaryFile()
    const { runtime } = await start()
    const port = Number(new URL(runtime.baseUrl).port)
    assert.include(
      (await rejection(startLocalRuntime({ store: { file }, rows: { assistants: [{ name: 1 }] } }))).message,
      "name"
    )
    assert.include((await rejection(startLocalRuntime({ store: { file }, port }))).message, "EADDRINUSE")
    await start({ store: { file } })
  })
})

it("while another program writes, a write is refused with what to do, and can be repeated", async () => {
  const file = temporaryFile()
  const runtime = await startLocalRuntime({ store: { file } })
  onTestFinished(() => runtime.close())
  const { call } = clientOf(runtime)
  const other = new DatabaseSync(file)
  other.exec("BEGIN IMMEDIATE")
  const refused = await call("POST", "/assistant", { name: "A" }, { key: "k" })
  assert.deepStrictEqual(
    [refused.status, refused.body.code, refused.headers.get("retry-after")],
    [503, "store_unavailable", "1"]
  )
  assert.include(refused.body.message, "another process keeps it locked: end that one")
  assert.strictEqual((await call("GET", "/assistant")).status, 200)
  other.exec("ROLLBACK")
  other.close()
  assert.strictEqual((await call("POST", "/assistant", { name: "A" }, { key: "k" })).status, 201)
  assert.strictEqual(runtime.count("assistants"), 1)
})
