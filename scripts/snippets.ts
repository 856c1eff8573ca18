/**
 * Type-checks every `ts` block of README.md, of the pages in docs, and of the doc comments in packages, as a user would
 * write it: each block is a module beside the examples, and what it imports is the workspace.
 *
 * A block of a page that continues what the page showed before has a preamble, which no reader sees. It is put in front
 * of every block after it, until the next one or the end of the page:
 *
 *     <!-- preamble
 *     declare const rawBody: Uint8Array
 *     -->
 */
import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = new URL("..", import.meta.url).pathname
const folder = join(root, "packages/examples/.snippets")

interface Snippet {
  /** Where it stands, `docs/webhooks.md:12`. */
  readonly at: string
  readonly preamble: string
  readonly code: string
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length

/** The blocks of a Markdown page, each with the preamble that holds there. */
const ofPage = (file: string, text: string): ReadonlyArray<Snippet> => {
  let preamble = ""
  return [...text.matchAll(/<!-- preamble\n([^]*?)-->|^```ts\n([^]*?)^```$/gm)].flatMap((match) => {
    if (match[2] === undefined) {
      preamble = match[1] ?? ""
      return []
    }
    return [{ at: `${file}:${lineOf(text, match.index) + 1}`, preamble, code: match[2] }]
  })
}

/** The blocks of the doc comments of a source file. */
const ofSource = (file: string, text: string): ReadonlyArray<Snippet> =>
  [...text.matchAll(/^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map((match) => ({
    at: `${file}:${lineOf(text, match.index) + 1}`,
    preamble: "",
    code: (match[1] ?? "").replace(/^ *\* ?/gm, "")
  }))

const read = (file: string) => readFileSync(join(root, file), "utf8")
const pages = globSync(["README.md", "docs/**/*.md", "packages/*/README.md"], { cwd: root })
const sources = globSync("packages/*/src/**/*.ts", { cwd: root })
const snippets = [
  ...pages.filter((file) => !file.includes("node_modules")).flatMap((file) => ofPage(file, read(file))),
  ...sources.flatMap((file) => ofSource(file, read(file)))
]
if (snippets.length < 20) throw new Error(`Only ${snippets.length} snippets were found: the patterns above are broken`)

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
try {
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
  for (const [index, { preamble, code }] of snippets.entries()) {
    writeFileSync(join(folder, `${index}.ts`), `${preamble}${code}\nexport {}\n`)
  }
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], { encoding: "utf8" })
  console.log(`${snippets.length} snippets of README.md, docs and doc comments compile`)
} catch (error) {
  // tsc names the temporary file; say where the snippet stands.
  const output = typeof error === "object" && error !== null && "stdout" in error ? String(error.stdout) : String(error)
  const named = output.replace(
    /^\S*?(\d+)\.ts\((\d+),(\d+)\)/gm,
    (whole, index: string, line: string, column: string) => {
      const snippet = snippets[Number(index)]
      if (snippet === undefined) return whole
      const [file = "", start = "0"] = snippet.at.split(":")
      return `${file}:${Number(start) + Number(line) - snippet.preamble.split("\n").length}:${column}`
    }
  )
  console.error(named)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
