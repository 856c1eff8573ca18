/**
 * Compiles every `ts` block of README.md, of the pages in docs, and of the doc comments in packages, as a user would
 * write it, and runs it: each block is a module beside the examples, and what it imports is the workspace.
 *
 * The blocks of one page run in order, each in a process of its own, in one folder and against one local runtime: what
 * the page wrote or created before is there. `npm run docs:check -- docs/files.md` takes that page alone.
 */
import { execFile, execFileSync } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { openPage } from "./snippets/page.ts"
import { readSnippets, type Snippet } from "./snippets/read.ts"

const root = new URL("..", import.meta.url).pathname
const folder = join(root, "packages/examples/.snippets")
const execute = promisify(execFile)

const only = process.argv.slice(2)
const snippets = readSnippets(root).filter(({ file }) => only.length === 0 || only.includes(file))
if (snippets.length === 0) throw new Error(`There is no snippet in ${only.join(", ")}`)

const isTest = ({ code }: Snippet) => code.includes('from "vitest"')
const nameOf = (snippet: Snippet) => `${snippets.indexOf(snippet)}${isTest(snippet) ? ".test" : ""}.ts`
const outputOf = (error: unknown): string => {
  const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string }
  return `${stdout}${stderr}` || String(error)
}
/** The compiler and Node name the temporary file; this says where the snippet stands. */
const named = (output: string): string =>
  output.replace(
    /\S*?\b(\d+)(?:\.test)?\.ts[(:](\d+)[,:](\d+)\)?/g,
    (whole, index: string, line: string, column: string) => {
      const snippet = snippets[Number(index)]
      if (snippet === undefined) return whole
      const [file = "", start = "0"] = snippet.at.split(":")
      return `${file}:${Number(start) + Number(line) - snippet.preamble.split("\n").length}:${column}`
    }
  )

/** Blocks that serve do so on port 3000, which may be taken here. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (typeof address !== "object" || address === null) throw new Error("expected an address with a port")
  return address.port
}

const write = async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const config = {
    extends: "../../../tsconfig.base.json",
    // A reader's project has the DOM types where a page talks about Request and Response.
    compilerOptions: {
      noEmit: true,
      declaration: false,
      noUnusedLocals: false,
      lib: ["ES2024", "DOM", "DOM.AsyncIterable"]
    },
    include: ["*.ts"]
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  for (const helper of ["prepared.ts", "execute.ts"])
    copyFileSync(join(root, "scripts/snippets", helper), join(folder, helper))
  for (const snippet of snippets) {
    const port = await freePort()
    const { preamble, code, ending } = snippet
    const after = ending === undefined ? "" : `import * as prepared from "./prepared.ts"\n${ending}\n`
    const own = `${preamble}${code}`.replaceAll("3000", String(port))
    writeFileSync(join(folder, nameOf(snippet)), `${own}\n${after}export {}\n`)
  }
}

/** Runs a page's blocks. Gives what went wrong, and why a block could not be run here. */
const runPage = async (
  blocks: ReadonlyArray<Snippet>
): Promise<{ failures: Array<string>; skipped: Array<string> }> => {
  const failures: Array<string> = []
  const skipped: Array<string> = []
  await using page = await openPage(root)
  for (const snippet of blocks) {
    const file = join(folder, nameOf(snippet))
    const args = isTest(snippet)
      ? [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", folder, file]
      : [join(folder, "execute.ts"), file, snippet.ending === undefined ? "" : "ended"]
    try {
      const running = execute(process.execPath, args, { cwd: page.folder, env: page.env, timeout: 60_000 })
      // What serves its standard input has a client that says nothing and goes.
      running.child.stdin?.end()
      const { stdout } = await running
      const reason = /^not run: (.*)$/m.exec(stdout)?.[1]
      if (reason !== undefined) skipped.push(`${snippet.at} is not run: ${reason}`)
    } catch (error) {
      const failure = `${snippet.at}\n${named(outputOf(error))}`
      failures.push(failure)
      // At once: the whole takes minutes.
      console.error(failure)
    }
  }
  return { failures, skipped }
}

try {
  await write()
  try {
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], { encoding: "utf8" })
  } catch (error) {
    throw new Error(named(outputOf(error)), { cause: error })
  }
  const waiting = Map.groupBy(snippets, ({ file }) => file).values()
  const results: Array<Awaited<ReturnType<typeof runPage>>> = []
  const work = async () => {
    for (const blocks of waiting) results.push(await runPage(blocks))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const failures = results.flatMap((result) => result.failures)
  const skipped = results.flatMap((result) => result.skipped)
  for (const line of skipped) console.log(line)
  if (failures.length > 0) throw new Error(`${failures.length} of ${snippets.length} snippets failed, as told above`)
  console.log(
    `${snippets.length} snippets of README.md, docs and doc comments compile, ${snippets.length - skipped.length} ran`
  )
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
