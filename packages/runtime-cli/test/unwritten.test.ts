/** Output that does not reach where it should: a full disk, a limit on file sizes, a reader that went away. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import { afterAll, assert, describe, inject, it, onTestFinished } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { clientOf, envOf, run, startRuntime, temporaryFolder } from "./support.ts"

interface Ended {
  readonly code: number | null
  readonly stderr: string
}

/**
 * Runs the command in a shell: `to` is where its output goes, `first` what the shell does before. Errors are JSON, but
 * for a reader that goes away.
 */
const inShell = async (
  args: ReadonlyArray<string>,
  to: string,
  env: Readonly<Record<string, string>> = {},
  first = "true"
): Promise<Ended> => {
  const script = `set -o pipefail; ${first}; "$0" "$@" ${to}`
  const words = args.includes("--no-json") || to.startsWith("|") ? args : [...args, "--json"]
  const child = spawn("bash", ["-c", script, process.execPath, inject("bin"), ...words], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "ignore", "pipe"]
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const [code] = await once(child, "close")
  return { code, stderr }
}

const errorIn = (stderr: string) => JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error

/** A disk of 64 KiB; only root may mount one. */
const smallDisk = (): string | undefined => {
  const folder = join(temporaryFolder(), "disk")
  mkdirSync(folder)
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]).status !== 0) {
    console.log("skipped: no small disk can be mounted here")
    return undefined
  }
  onTestFinished(() => void spawnSync("umount", ["-l", folder]))
  return folder
}

/** One of every way that commands print: text, JSON, rows, bytes, a stream, a check, the line of a server. */
const printing: ReadonlyArray<ReadonlyArray<string>> = [
  ["--help"],
  ["assistants", "list", "--help"],
  ["--version"],
  ["completions", "bash"],
  ["completions", "zsh"],
  ["assistants", "list"],
  ["assistants", "create", "--set", "name=Desk"],
  ["assistants", "get", "ASSISTANT"],
  ["files", "content", "FILE"],
  ["webhooks", "tail", "--no-follow"],
  ["webhooks", "secret", "generate"],
  ["migrate", "mapping"],
  ["doctor", "--only", "auth.key"],
  ["local"]
]

describe("output that cannot be written", () => {
  const open: Array<LocalRuntimeHandle> = []
  afterAll(() => Promise.all(open.map((runtime) => runtime.close())))

  const seed = async () => {
    const runtime = await startLocalRuntime()
    open.push(runtime)
    const env = envOf(runtime)
    const aywa = clientOf(env)
    const assistant = await aywa.assistants.create({ name: "Desk" })
    const uploaded = await aywa.files.upload({ file: Buffer.alloc(100_000, 7), name: "content.bin" })
    // A line for `webhooks tail`.
    await runtime.trigger({ type: "status-update", to: "http://127.0.0.1:1/" })
    const withIds = (args: ReadonlyArray<string>) =>
      args.map((arg) => (arg === "ASSISTANT" ? assistant.id : arg === "FILE" ? uploaded.id : arg))
    return { env, withIds }
  }
  /** One runtime for all tests: each shows what is there, and changes nothing that another shows. */
  let shared: ReturnType<typeof seed> | undefined
  const seeded = () => (shared ??= seed())

  it.each(printing.map((args) => [args.join(" "), args] as const))("%s says so and exits with 1", async (_, args) => {
    const { env, withIds } = await seeded()
    const ended = await inShell(withIds(args), "> /dev/full", env)
    assertMatches([ended.code, errorIn(ended.stderr)], [1, { code: "output", exitCode: 1 }])
    assert.strictEqual(errorIn(ended.stderr).message, "stdout could not be written whole (ENOSPC).")
  })

  it("a part of it is there: that is no success either", async () => {
    const out = join(temporaryFolder(), "out")
    const { code, stderr } = await inShell(["completions", "bash"], `> '${out}'`, {}, "ulimit -f 4")
    assert.deepStrictEqual([code, errorIn(stderr).code, statSync(out).size], [1, "output", 4096])
  })

  it("a disk that becomes full", async () => {
    const disk = smallDisk()
    if (disk === undefined) return
    const { code, stderr } = await inShell(["completions", "bash"], `> '${join(disk, "out")}'`)
    assert.deepStrictEqual([code, errorIn(stderr).message], [1, "stdout could not be written whole (ENOSPC)."])
  })

  it("people get a sentence", async () => {
    const { env } = await seeded()
    for (const args of [["--version"], ["assistants", "list"]]) {
      const { code, stderr } = await inShell([...args, "--no-json"], "> /dev/full", env)
      assertMatches([code, stderr], [1, /^error: stdout could not be written whole \(ENOSPC\)\. /])
    }
  })

  it("a command that failed keeps its code, and a stderr that is full fails a command that had something to say", async () => {
    const { env } = await seeded()
    assert.strictEqual((await inShell(["assistants", "get", "nobody"], "> /dev/full 2> /dev/full", env)).code, 5)
    const warned = ["assistants", "list", "--api-key", env.AYWA_RUNTIME_API_KEY]
    assert.strictEqual((await inShell(warned, "> /dev/null 2> /dev/full", env)).code, 1)
    assert.strictEqual((await inShell(["assistants", "list"], "> /dev/null 2> /dev/full", env)).code, 0)
  })

  it("a stream ends when nobody can have it", async () => {
    const { env } = await seeded()
    const { code, stderr } = await inShell(["webhooks", "tail"], "> /dev/full", env)
    assert.deepStrictEqual([code, errorIn(stderr).code], [1, "output"])
  })

  it.each(printing.filter(([name]) => name !== "local").map((args) => [args.join(" "), args] as const))(
    "%s is quiet when its reader has seen enough",
    async (_, args) => {
      const { env, withIds } = await seeded()
      const ended = await inShell([...withIds(args)], "| true", env)
      assert.deepStrictEqual(ended, { code: 0, stderr: "" })
    }
  )
})

describe("files that cannot be written", () => {
  it("--output says so, leaves the old file, and nothing beside it", async () => {
    const disk = smallDisk()
    if (disk === undefined) return
    const { env } = await startRuntime()
    const content = join(temporaryFolder(), "content.bin")
    writeFileSync(content, Buffer.alloc(100_000, 7))
    const { json } = await run(["files", "upload", content], { env })
    const file = join(disk, "file")
    writeFileSync(file, "old")
    const { code, stderr } = await run(["files", "content", json.id, "--output", file, "--json"], { env })
    assert.deepStrictEqual([code, errorIn(stderr).message], [1, `${file} could not be written whole (ENOSPC).`])
    assert.deepStrictEqual([readdirSync(disk), readFileSync(file, "utf8")], [["file"], "old"])
  })

  it("--write-env says so, and the runtime does not start without it", async () => {
    const file = join(temporaryFolder(), ".env")
    const { code, stderr } = await inShell(["local", "--write-env", file], "> /dev/null", {}, "ulimit -f 0")
    assert.deepStrictEqual([code, errorIn(stderr).message], [1, `${file} could not be written whole (EFBIG).`])
    assert.deepStrictEqual(readdirSync(join(file, "..")), [])
  })

  it("a ledger says so, and nothing is left beside it", async () => {
    const disk = smallDisk()
    if (disk === undefined) return
    const { env } = await startRuntime()
    writeFileSync(join(disk, "ballast"), Buffer.alloc(65_536))
    const { code, stderr } = await run(["migrate", "mapping", "--output", join(disk, "ledger.csv"), "--json"], { env })
    assert.deepStrictEqual([code, errorIn(stderr).code], [1, "ENOSPC"])
    assert.deepStrictEqual(readdirSync(disk), ["ballast"])
  })
})
