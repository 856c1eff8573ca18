/**
 * Finds the `ts` blocks of README.md, of the pages in docs, and of the doc comments in packages.
 *
 * A block of a page that continues what the page showed before has a preamble, which no reader sees. It is put in front
 * of every block after it, until the next one or the end of the page:
 *
 *     <!-- preamble
 *     import { aywa } from "./prepared.ts"
 *     -->
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { endings } from "./endings.ts"

export interface Snippet {
  /** Where it stands, `docs/webhooks.md:12`. */
  readonly at: string
  readonly file: string
  readonly preamble: string
  readonly code: string
  /** What calls the functions that the block exports; in front of it stands `import * as prepared`. */
  readonly ending: string | undefined
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length

/** The blocks of a Markdown page, each with the preamble that holds there. */
const ofPage = (file: string, text: string): ReadonlyArray<Omit<Snippet, "ending">> => {
  let preamble = ""
  return [...text.matchAll(/<!-- preamble\n([^]*?)-->|^```ts\n([^]*?)^```$/gm)].flatMap((match) => {
    if (match[2] === undefined) {
      preamble = match[1] ?? ""
      return []
    }
    return [{ at: `${file}:${lineOf(text, match.index) + 1}`, file, preamble, code: match[2] }]
  })
}

/** The blocks of the doc comments of a source file. */
const ofSource = (file: string, text: string): ReadonlyArray<Omit<Snippet, "ending">> =>
  [...text.matchAll(/^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map((match) => ({
    at: `${file}:${lineOf(text, match.index) + 1}`,
    file,
    preamble: "",
    code: (match[1] ?? "").replace(/^ *\* ?/gm, "")
  }))

/** Every snippet of the repository, page by page. Throws for an ending that belongs to none of them, or to several. */
export const readSnippets = (root: string): ReadonlyArray<Snippet> => {
  const read = (file: string) => readFileSync(join(root, file), "utf8")
  const pages = globSync(["README.md", "docs/**/*.md", "packages/*/README.md"], { cwd: root })
  // The examples of the contract's operations stand on the pages of the reference, too, where they find what they need.
  const sources = globSync("packages/*/src/**/*.ts", { cwd: root }).filter((file) => !file.includes("/contract/"))
  const blocks = [
    ...pages.filter((file) => !file.includes("node_modules")).flatMap((file) => ofPage(file, read(file))),
    ...sources.flatMap((file) => ofSource(file, read(file)))
  ]
  if (blocks.length < 20) throw new Error(`Only ${blocks.length} snippets were found: the patterns above are broken`)
  for (const [file, ofFile] of Object.entries(endings)) {
    for (const key of Object.keys(ofFile)) {
      const owners = blocks.filter((block) => block.file === file && block.code.includes(key)).length
      if (owners !== 1) throw new Error(`endings.ts: ${owners} blocks of ${file} have \`${key}\`; it must be one`)
    }
  }
  return blocks.map((block) => ({
    ...block,
    ending: Object.entries(endings[block.file] ?? {}).find(([key]) => block.code.includes(key))?.[1]
  }))
}
