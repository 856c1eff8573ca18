import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { assert, describe, inject, it, onTestFinished } from "@effect/vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { makeProgram } from "../src/app.ts"
import { makePresenter } from "../src/cli/presenter.ts"
import { version } from "../src/version.ts"
import { clientOf, launch, run, startRuntime, temporaryFolder, until } from "./support.ts"

describe("the process", () => {
  it("writes everything before it ends, however slowly the pipe is read", async () => {
    const { env } = await startRuntime()
    for (let n = 0; n < 12; n++) {
      await clientOf(env).assistants.create({ firstMessage: "x".repeat(60_000), name: `A${n}` })
    }
    const child = spawn("sh", ["-c", '"$0" "$1" assistants list | (sleep 0.3; cat)', process.execPath, inject("bin")], {
      env: { PATH: process.env["PATH"], ...env }
    })
    let text = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
    await once(child, "close")
    assert.lengthOf(JSON.parse(text).items, 12)
    assert.isAbove(text.length, 700_000)
  })

  it("writes a long error whole", async () => {
    const { env } = await startRuntime()
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`unknown_property_${n}`, n]))
    const { code, stderr } = await run(["assistants", "create", "-", "--json"], { env, stdin: JSON.stringify(many) })
    assert.strictEqual(code, 2)
    assert.doesNotThrow(() => JSON.parse(stderr))
  })

  it("ends quietly when its reader has seen enough", () => {
    const text = execFileSync(
      "bash",
      ["-o", "pipefail", "-c", '"$0" "$1" completions bash | head -c 10', process.execPath, inject("bin")],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"]
      }
    )
    assert.lengthOf(text, 10)
  })

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143]
  ] as const)("%s ends a call with %i", async (signal, code) => {
    const { runtime, env } = await startRuntime()
    runtime.faults.add({ action: "stall" })
    const running = launch(["assistants", "list"], { env })
    await eventually(() => assert.strictEqual(runtime.requests().length, 1), 10_000)
    running.child.kill(signal)
    assert.strictEqual((await running.done).code, code)
  })

  it("Ctrl-C leaves nothing half written: the old file stays, and nothing beside it", async () => {
    const { runtime, env } = await startRuntime()
    const folder = temporaryFolder()
    const file = join(folder, "content.bin")
    writeFileSync(file, Buffer.alloc(50_000, 7))
    const { json } = await run(["files", "upload", file], { env })
    writeFileSync(file, "old")
    runtime.faults.add({
      action: { type: "dribble", bytesPerSecond: 100 },
      match: { path: `/file/${json.id}/content` }
    })
    const running = launch(["files", "content", json.id, "--output", file], { env })
    const begun = () => runtime.requests().some(({ path }) => path.endsWith("/content"))
    await eventually(() => assert.isTrue(begun()), 10_000)
    running.child.kill("SIGINT")
    assert.strictEqual((await running.done).code, 130)
    assert.deepStrictEqual([readdirSync(folder), readFileSync(file, "utf8")], [["content.bin"], "old"])
  })

  it.each([
    ["assistants", "create", "-"],
    ["webhooks", "secret", "convert"]
  ])("Ctrl-C ends %s %s while it waits for stdin", async (...args) => {
    const { env } = await startRuntime()
    const child = spawn(process.execPath, [inject("bin"), ...args], { env, stdio: ["pipe", "pipe", "pipe"] })
    onTestFinished(() => void child.kill("SIGKILL"))
    // It has read this, so it waits for more.
    await new Promise((resolve) => child.stdin.write("x".repeat(1_000_000), resolve))
    child.kill("SIGINT")
    assert.deepStrictEqual(await once(child, "close"), [130, null])
  })

  it("a second signal does not wait for anything", async () => {
    const { env } = await startRuntime()
    const running = launch(["webhooks", "tail"], { env })
    await until(running, "stdout", "")
    running.child.kill("SIGTERM")
    running.child.kill("SIGTERM")
    assert.notStrictEqual((await running.done).code, 0)
  })

  it("says the same as the process that most tests run their commands in, one after another", async () => {
    const { env } = await startRuntime()
    await clientOf(env).assistants.create({ name: "Desk" })
    for (const args of [
      ["assistants", "list", "--no-json"],
      ["assistants", "list", "--limit", "many", "--json"],
      ["assistants", "create", "-"],
      ["asistants"]
    ]) {
      const options = { env, stdin: "name: [" }
      const { json: _, ...alone } = await launch(args, options).done
      // The first one takes a process of its own, too.
      for (const again of [1, 2]) assertMatches([again, await run(args, options)], [again, alone])
    }
  })

  it("knows its version", async () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    assert.deepStrictEqual([version, (await run(["--version"])).stdout], [manifest.version, `${manifest.version}\n`])
  })
})

/** Runs on a pseudo-terminal: what a person sees. */
const onTerminal = async (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Promise<string> => {
  const command = [process.execPath, inject("bin"), ...args].map((arg) => `'${arg}'`).join(" ")
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: { PATH: process.env["PATH"], TERM: "xterm", ...env },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
  await once(child, "close")
  return text
}

/** A Node on the path that is older than this package needs. */
const oldNode = (): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .find((file) => {
      const version = /^v(\d+)\.(\d+)/.exec(spawnSync(file, ["--version"], { encoding: "utf8" }).stdout ?? "")
      return version !== null && Number(version[1]) * 100 + Number(version[2]) < 2219
    })

describe("an old Node", () => {
  it.each([["--help"], ["assistants", "list"]])("is told what is needed: %s", (...args) => {
    const node = oldNode()
    if (node === undefined) return console.log("skipped: no Node older than 22.19 is on the path")
    const version = execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim()
    const needed = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).engines.node.slice(2)
    const { status, stdout, stderr } = spawnSync(node, [inject("bin"), ...args], { encoding: "utf8" })
    assert.deepStrictEqual(
      [status, stdout, stderr],
      [2, "", `aywa-runtime needs Node ${needed} or later, this is ${version}.\n`]
    )
  })
})

describe("the bundle", () => {
  it("calls classes what the sources call them", () => {
    const folder = dirname(inject("bin"))
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"))
    const code = files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n")
    for (const name of ["CliFailure", "ConnectionError", "MigrationError", "UsageError"]) {
      assert.match(code, new RegExp(`\\bclass ${name} extends\\b`))
    }
  })
})

describe("on a terminal", () => {
  it("tables with colour; none with NO_COLOR, --no-color or a dumb terminal; JSON with --json", async () => {
    const { env } = await startRuntime()
    await clientOf(env).assistants.create({ name: "Desk" })
    const list = ["assistants", "list", "--columns", "name"]
    assert.strictEqual(await onTerminal(list, env), "\u001b[2mNAME\u001b[22m\r\nDesk\r\n")
    for (const plain of [
      await onTerminal(list, { ...env, NO_COLOR: "1" }),
      await onTerminal([...list, "--no-color"], env),
      await onTerminal(list, { ...env, TERM: "dumb" })
    ]) {
      assert.strictEqual(plain, "NAME\r\nDesk\r\n")
    }
    assert.lengthOf(JSON.parse(await onTerminal([...list, "--json"], env)).items, 1)
  })

  it("a pipe gets no colour and no JSON gets any", async () => {
    const { env } = await startRuntime()
    const piped = await run(["assistants", "list", "--no-json"], { env })
    const asked = await run(["assistants", "list", "--json"], { env: { ...env, FORCE_COLOR: "1" } })
    assert.notInclude(piped.stdout + asked.stdout, "\u001b")
  })

  it("a prompt takes Ctrl-C for Ctrl-C, and Ctrl-D for no", async () => {
    const { runtime, env } = await startRuntime()
    const { id } = await clientOf(env).assistants.create({ name: "Desk" })
    const answers: ReadonlyArray<readonly [string, number, number]> = [
      ["\u0003", 130, 1],
      ["\u0004", 2, 1],
      ["no\r", 2, 1],
      ["yes\r", 0, 0]
    ]
    for (const [keys, code, left] of answers) {
      const command = `'${process.execPath}' '${inject("bin")}' assistants delete ${id}`
      const child = spawn("script", ["-qefc", command, "/dev/null"], {
        env: { PATH: process.env["PATH"], TERM: "xterm", ...env },
        stdio: ["pipe", "pipe", "inherit"]
      })
      let text = ""
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
      await eventually(() => assert.include(text, "[y/N]"), 15_000)
      child.stdin.write(keys)
      assert.deepStrictEqual([(await once(child, "close"))[0], runtime.count("assistants")], [code, left])
      assert.notInclude(text, "defect")
    }
  })
})

/** The help of a command, in this process: a process for each of the tree would take a minute. */
const helpOf = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  let help = ""
  const unexpected = ({ message }: { readonly message: string }) => assert.fail(message)
  const presenter = makePresenter({ help: (text) => (help += text), error: unexpected, colors: false })
  const exit = yield* Effect.exit(makeProgram([...words, "--help"], presenter))
  const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  if (failure !== undefined) assertMatches(failure, { _tag: "ShowHelp", errors: [] })
  return `${help.replace(/\n*$/, "")}\n`
})

const commandsOf = (text: string) => [...text.matchAll(/^ {2}([a-z][a-z-]*) {2,}\S/gm)].map(([, name = ""]) => name)

/** The help of every command, by its words. */
const helpOfAll = (path: ReadonlyArray<string> = []): Effect.Effect<ReadonlyMap<string, string>> =>
  Effect.gen(function* () {
    const help = yield* helpOf(path)
    const below = help.includes("<subcommand>") ? commandsOf(help.slice(help.indexOf("--allow-http"))) : []
    const all = new Map([[path.join(" "), help]])
    for (const name of path.length > 2 ? [] : below) {
      for (const entry of yield* helpOfAll([...path, name])) all.set(...entry)
    }
    return all
  })

describe("help", () => {
  it.live("has a description and an example for every command of the tree", () =>
    Effect.gen(function* () {
      const all = yield* helpOfAll()
      for (const [command, help] of all) {
        assert.match(help, /^DESCRIPTION\n {2}\S/)
        assert.strictEqual(help.includes("\n\nEXAMPLES\n"), command !== "", command)
        assert.notMatch(help.slice(0, help.indexOf("\nUSAGE")), /\n(?! |\n|$)/, command)
      }
      assert.isAbove(all.size, 70)
    })
  )

  it("is a word, too: of everything, and of one command", async () => {
    for (const words of [[], ["assistants", "list"]]) {
      const [byWord, byFlag] = await Promise.all([run(["help", ...words]), run([...words, "--help"])])
      assert.deepStrictEqual([byWord.code, byWord.stdout], [0, byFlag.stdout])
      assert.include(byWord.stdout, "USAGE")
    }
  })
})

/** How a shell is asked what it would complete; zsh has no way without a terminal. */
const asking: Readonly<Record<string, ReadonlyArray<string>>> = {
  bash: [
    "-c",
    'source "$0"; COMP_LINE=$1; read -ra COMP_WORDS <<< "$1"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); ' +
      '_aywa_runtime aywa-runtime "${COMP_WORDS[COMP_CWORD]}"; printf "%s\\n" "${COMPREPLY[@]}"'
  ],
  fish: ["--no-config", "-c", "source $argv[1]; complete -C $argv[2]"]
}

describe("completions", () => {
  it("are there for PowerShell", async () => {
    const { code, stdout } = await run(["completions", "powershell"])
    assert.deepStrictEqual(
      [code, stdout.includes("Register-ArgumentCompleter"), stdout.includes("webhooks")],
      [0, true, true]
    )
  })

  it.each(["bash", "zsh", "fish"])(
    "%s reads the script, and completes commands, flags, words and files",
    async (shell) => {
      const { code, stdout } = await run(["completions", shell])
      assert.deepStrictEqual(
        [code, stdout.includes("webhooks"), stdout.includes("aywa-runtime --completions")],
        [0, true, false]
      )
      if (spawnSync(shell, ["-c", "exit 0"]).status !== 0) {
        console.log(`skipped: ${shell} is not there to read its completions`)
        return
      }
      const folder = temporaryFolder()
      const script = join(folder, "script")
      writeFileSync(script, stdout)
      writeFileSync(join(folder, "assistant.yaml"), "")
      execFileSync(shell, ["-n", script])
      const ask = asking[shell]
      if (ask === undefined) return
      const lines = [
        ["webhooks lis", "listen"],
        ["assistants list --lim", "--limit"],
        ["assistants list --env-f", "--env-file"],
        ["local --clock man", "manual"],
        ["assistants create assis", "assistant.yaml"],
        ["doctor --env-file assis", "assistant.yaml"]
      ]
      for (const [line, expected] of lines) {
        const text = execFileSync(shell, [...ask, script, `aywa-runtime ${line}`], { cwd: folder, encoding: "utf8" })
        assert.strictEqual(text.split(/[\t\n]/)[0], expected)
      }
    }
  )

  it.live("know every flag that takes a file or a folder", () =>
    Effect.gen(function* () {
      const { stdout } = yield* Effect.promise(() => run(["completions", "zsh"]))
      const help = [...(yield* helpOfAll()).values()].join()
      const flags = [...help.matchAll(/^ {2}--([a-z-]+) (?:FILE|FOLDER|MODULE)/gm)].map(([, name]) => name)
      assert.include(flags, "write-env")
      const completed = new Set([...stdout.matchAll(/--([a-z-]+)\[.*:_files'/g)].map(([, name]) => name))
      assert.deepStrictEqual(
        flags.filter((name) => !completed.has(name)),
        []
      )
    })
  )
})
