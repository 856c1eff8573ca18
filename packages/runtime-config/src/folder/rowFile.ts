/**
 * One row as a file: YAML, or Markdown whose front matter is the row and whose text is the one system prompt.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { invalid } from "../errors/RuntimeConfigError.ts"
import { type Change, diffRows } from "../rows/diff.ts"
import { inOrder, type KindName, knownKeys } from "../rows/kinds.ts"
import { equal, isObject, rowWith, valueAt } from "../rows/json.ts"
import { changeYaml, parseYaml, yamlText } from "./yaml.ts"

/** Where the prompt of a Markdown file belongs. */
const messages = ["model", "messages"] as const

/** Reads the text of a file; `file` names it in errors, and says by its ending how to read it. */
export const parseRow = (text: string, file: string): JsonObject => {
  const plain = toLf(text)
  if (!file.endsWith(".md")) return parseYaml(plain, file)
  const { front, prompt } = split(plain, file)
  const row = parseYaml(front, file, 2)
  if (valueAt(row, messages) !== undefined) {
    return invalid(
      file,
      "The prompt is the text below the front matter, so there can be no messages in it. Rename the file to .yaml for several messages.",
      "model.messages"
    )
  }
  return rowWith(row, messages, [{ role: "system", content: prompt }])
}

/** Whether a row can be a Markdown file: its model has exactly one message, of the system. */
const promptOf = (row: JsonObject): string | undefined => {
  const list = valueAt(row, messages)
  if (!Array.isArray(list) || list.length !== 1) return undefined
  const [message]: ReadonlyArray<unknown> = list
  if (!isObject(message) || message["role"] !== "system" || Object.keys(message).length !== 2) return undefined
  const { content } = message
  // Line ends of a file are an editor's business, so a prompt with others than \n needs quotes.
  return typeof content === "string" && !content.includes("\r") && content.isWellFormed() ? content : undefined
}

const withoutPrompt = (row: JsonObject): JsonObject => rowWith(row, messages, undefined)

/** How a new row is written: the ending of its file, and the text. */
export const newRowFile = (kind: KindName, row: JsonObject): { readonly ending: string; readonly text: string } => {
  const ordered = inOrder(kind, row)
  const prompt = kind === "assistants" ? promptOf(ordered) : undefined
  if (prompt === undefined) return { ending: ".yaml", text: yamlText(ordered) || "{}\n" }
  return { ending: ".md", text: join(yamlText(withoutPrompt(ordered)), prompt, "\n") }
}

/** A file with another row in it, in its own style; its name may have to end in another way. */
export const changeRowFile = (
  kind: KindName,
  text: string,
  file: string,
  row: JsonObject
): { readonly ending: string; readonly text: string } => {
  const ending = file.slice(file.lastIndexOf("."))
  const plain = toLf(text)
  const before = parseRow(plain, file)
  const back = (changed: string) => (text.includes("\r\n") ? changed.replaceAll("\n", "\r\n") : changed)
  if (equal(before, row)) return { ending, text }
  const order = knownKeys(kind)
  if (ending !== ".md") return { ending, text: back(changeYaml(plain, diffExactly(before, row), order, file)) }
  const { front, prompt, gap } = split(plain, file)
  const next = promptOf(row)
  if (next === undefined) {
    const changes = diffExactly(withoutPrompt(before), row)
    return { ending: ".yaml", text: back(changeYaml(front, changes, order, file)) }
  }
  const changes = diffExactly(withoutPrompt(before), withoutPrompt(row))
  return {
    ending,
    text: back(join(changeYaml(front, changes, order, file), next, next === prompt ? gap : gap || "\n"))
  }
}

/** Like `diffRows`, where a top-level `null` is not the same as no key: a file may have either. */
const diffExactly = (before: JsonObject, after: JsonObject): ReadonlyArray<Change> => {
  const changes = diffRows(before, after)
  const nulls = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => (before[key] === null) !== (after[key] === null) && !changes.some(({ path }) => path[0] === key)
  )
  return [
    ...changes,
    ...nulls.map((key) => (Object.hasOwn(after, key) ? { path: [key], after: after[key] } : { path: [key] }))
  ]
}

/** Line ends of one kind. */
export const toLf = (text: string): string => (text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text)

/** The front matter of a Markdown file, the text below it, and the empty line between them. */
export const split = (text: string, file: string): { front: string; prompt: string; gap: string } => {
  const lines = text.split("\n")
  const isFence = (line: string | undefined) => line?.trimEnd() === "---"
  const end = lines.findIndex((line, index) => index > 0 && isFence(line))
  if (!isFence(lines[0]) || end === -1) {
    return invalid(file, "A Markdown file begins with front matter: a line ---, the row as YAML, and a line --- again.")
  }
  const below = lines.slice(end + 1).join("\n")
  const gap = below.startsWith("\n") ? "\n" : ""
  const front = lines.slice(1, end).map((line) => `${line}\n`)
  return { front: front.join(""), prompt: below.slice(gap.length).replace(/\n$/, ""), gap }
}

const join = (front: string, prompt: string, gap: string): string => `---\n${front}---\n${gap}${prompt}\n`
