/**
 * Writes a page per resource of the contract into `docs/reference`, and the OpenAPI document into `docs/public`.
 * `--check` writes nothing and fails when a page is not what it would write.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { contract, type Group, openApi, type Operation, specOf } from "@aywa-ai/runtime-sdk/contract"
import { conformancePage } from "./reference/conformancePage.ts"
import { eventsPage } from "./reference/events.ts"
import { exampleOf, preambles, shown } from "./reference/examples.ts"
import { type Declared, type DocumentedOperation, readSource, type Source } from "./reference/source.ts"

const root = new URL("..", import.meta.url).pathname
const groups: Readonly<Record<string, Group>> = contract
/** Contract files whose types belong on the page of another. */
const beside: Readonly<Record<string, ReadonlyArray<string>>> = {
  assistants: ["providers", "plans", "speech", "selectors"],
  calls: ["callModels", "callControl", "callViews", "artifacts"],
  operations: ["shared"],
  tools: ["toolModels"]
}
const read = (name: string) => readSource(join(root, `packages/runtime-sdk/src/contract/${name}.ts`))
const sources = new Map(
  Object.keys(groups).map((name): [string, Source] => {
    const source = read(name)
    const more = (beside[name] ?? []).flatMap((other) => read(other).declared)
    return [name, { ...source, declared: [...source.declared, ...more] }]
  })
)
const pascal = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)
const title = (name: string) => pascal(name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
/** Words in a table cell. */
const cell = (text: string) => text.replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|")
const code = (text: string) => `\`${text.replace(/\|/g, "\\|")}\``
const anchor = (name: string) => name.toLowerCase()

/** Where each type is described: `Assistant` -> `./assistants.md#assistant`. */
const places = new Map<string, string>()
for (const [name, { declared }] of sources) {
  for (const type of declared) places.set(type.name, `./${name}.md#${anchor(type.name)}`)
}
/** A type, with links where its parts are described. */
const linked = (type: string): string => {
  const name = /^(?:ReadonlyArray<|Input<)*(\w+)/.exec(type)?.[1] ?? ""
  const place = places.get(name)
  return place === undefined ? code(type) : `[${code(type)}](${place})`
}

const row = (name: string, type: string, words: string) => `| ${code(name)} | ${type} | ${words} |`

const operationOf = (resource: string, name: string, operation: Operation, source: DocumentedOperation): string => {
  const spec = specOf(operation)
  const takesId = spec.path.includes(":id")
  const parameters = [
    ...(takesId ? ["id"] : []),
    ...(spec.body === undefined ? [] : ["body"]),
    ...(spec.query === undefined ? [] : ["query?"]),
    "options?"
  ].join(", ")
  const one = source.answer === "" ? (spec.kind === "bytes" ? "`Uint8Array`" : "text or JSON") : linked(source.answer)
  const answer = spec.kind === "page" ? `a page of ${one}` : spec.mayBeEmpty ? `${one}, or \`undefined\`` : one
  const rows = [
    ...(takesId ? [row("id", "`string`", "Of the row, as the runtime gave it.")] : []),
    ...(spec.body === undefined
      ? []
      : [row("body", source.body === "" ? "any JSON object" : linked(source.body), "What is sent.")]),
    ...(spec.query === undefined
      ? []
      : [row("query", source.query === "" ? "" : linked(source.query), "Filters, all optional.")]),
    row(
      "options",
      "`CallOptions`",
      "Key, timeout, deadline, retries, signal, headers; see [client options](../client-options.md)."
    )
  ]
  const errors = ["the common errors", ...operation.errors.map((tag) => `[${code(tag)}](../errors.md)`)].join(", ")
  const [request, response] = [
    exampleOf(`${resource}.${name}`, "request"),
    exampleOf(`${resource}.${name}`, "response")
  ]
  return `### ${name}

${code(`${resource}.${name}(${parameters})`)} · ${code(`${spec.method} ${spec.path}`)}

${source.doc}

| parameter | type | |
|---|---|---|
${rows.join("\n")}

Gives ${answer}. Fails with ${errors}.${spec.kind === "page" ? ` Also as ${code(name === "list" ? "stream" : `${name}Stream`)} and ${code(name === "list" ? "pages" : `${name}Pages`)}.` : ""}

\`\`\`ts
${source.example}
\`\`\`
${request === undefined ? "" : `\nSent as \`${spec.method} ${spec.path}\`:\n\n\`\`\`json\n${shown(request)}\n\`\`\`\n`}${
    response === undefined ? "" : `\nAnswered with:\n\n\`\`\`json\n${shown(response)}\n\`\`\`\n`
  }`
}

const declaredOf = ({ name, doc, of, fields }: Declared): string => {
  const rows = fields.map(
    ({ name, type, optional, doc }) => `| ${code(name)}${optional ? "" : " \\*"} | ${linked(type)} | ${cell(doc)} |`
  )
  const table = rows.length === 0 ? "" : `\n| field | type | |\n|---|---|---|\n${rows.join("\n")}\n`
  return `### ${name}\n\n${doc}\n${of === "" ? "" : `\n${fields.length === 0 ? "Is" : "Extends"} ${of.split(", ").map(linked).join(", ")}.\n`}${table}`
}

const page = (name: string, source: Source): string => {
  const example = readFileSync(join(root, `packages/examples/src/reference/${name}.ts`), "utf8").trim()
  const operations = Object.entries(groups[name] ?? {}).map(([key, operation]) => {
    const doc = source.operations.get(key)
    if (doc === undefined || doc.doc === "" || doc.example === "")
      throw new Error(`${name}.${key} has no words, or no @example, in its contract file`)
    return operationOf(name, key, operation, doc)
  })
  return `<!-- Written by \`npm run reference\` from the contract. Change it there. -->

# ${title(name)}

${source.doc}

\`\`\`ts
${example}
\`\`\`

## Operations

<!-- preamble
${preambles[name] ?? 'import { aywa, id } from "./prepared.ts"'}
-->

On the promise client \`aywa.${name}\`, in Effect programs the service \`${pascal(name)}\` of \`@aywa-ai/runtime-sdk/effect\`.

${operations.join("\n")}
## Types

\\* is always there.

${source.declared.map(declaredOf).join("\n")}`
}

const index = `<!-- Written by \`npm run reference\` from the contract. Change it there. -->

# Reference

Every operation of the contract, and [every event](./events.md) that the runtime sends. The same as OpenAPI 3.1, with
webhooks and examples: [openapi.json](../public/openapi.json); the local runtime serves it at \`/openapi.json\`, where an
explorer of your choice can try each call. Or press **Try** in [its page](../inspector.md), which has them all.

| resource | operations |
|---|---|
${Object.entries(groups)
  .map(
    ([name, group]) =>
      `| [${title(name)}](./${name}.md) | ${Object.keys(group)
        .map((key) => `[${key}](./${name}.md#${anchor(key)})`)
        .join(", ")} |`
  )
  .join("\n")}

Errors that every operation can fail with: \`AuthError\`, \`InvalidRequest\`, \`RateLimited\`, \`ServerError\`,
\`ConnectionError\`, \`AywaTimeoutError\`, \`UnexpectedResponse\`, \`CircuitOpen\`, \`AywaConfigError\`.
`

const describe = (operation: string): string | undefined => {
  const [resource = "", name = ""] = operation.split(".")
  return sources.get(resource)?.operations.get(name)?.doc
}

const folder = join(root, "docs/reference")
const files = new Map<string, string>([
  [join(folder, "index.md"), index],
  ...[...sources].map(([name, source]) => [join(folder, `${name}.md`), page(name, source)] as const),
  [join(folder, "events.md"), eventsPage(root)],
  [join(root, "docs/conformance.md"), conformancePage()],
  [
    join(root, "docs/public/openapi.json"),
    `${JSON.stringify(openApi(contract, { describe, example: exampleOf }), null, 2)}\n`
  ]
])

if (process.argv.includes("--check")) {
  const stale = [...files].filter(([path, text]) => {
    try {
      return readFileSync(path, "utf8") !== text
    } catch {
      return true
    }
  })
  for (const [path] of stale) console.error(`${path.slice(root.length)} is not what the contract says`)
  if (stale.length > 0) {
    console.error("Run: npm run reference")
    process.exitCode = 1
  }
} else {
  mkdirSync(folder, { recursive: true })
  mkdirSync(join(root, "docs/public"), { recursive: true })
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  for (const [path, text] of files) writeFileSync(path, text)
  console.log(`${files.size} files written below docs/`)
}
