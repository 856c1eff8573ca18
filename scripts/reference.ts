/**
 * Writes a page per resource of the contract into `docs/reference`, and the OpenAPI document into `docs/public`.
 * `--check` writes nothing and fails when a page is not what it would write.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { contract, type Group, openApi, type Operation, specOf } from "@aywa-ai/runtime-sdk/contract"
import { type Declared, readSource, type Source } from "./reference/source.ts"

const root = new URL("..", import.meta.url).pathname
const groups: Readonly<Record<string, Group>> = contract
/** Contract files whose types belong on the page of another. */
const beside: Readonly<Record<string, ReadonlyArray<string>>> = {
  assistants: ["providers"],
  calls: ["callModels", "callControl", "callViews"]
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

const operationOf = (resource: string, name: string, operation: Operation, doc: string): string => {
  const spec = specOf(operation)
  const parameters = [
    ...(spec.path.includes(":id") ? ["id"] : []),
    ...(spec.body === undefined ? [] : ["body"]),
    ...(spec.query === undefined ? [] : ["query?"]),
    "options?"
  ].join(", ")
  const errors = ["the common errors", ...operation.errors.map((tag) => code(tag))].join(", ")
  return `### ${name}

${code(`${resource}.${name}(${parameters})`)} · ${code(`${spec.method} ${spec.path}`)}

${doc}

Fails with ${errors}.${spec.kind === "page" ? ` Also as ${code(name === "list" ? "stream" : `${name}Stream`)} and ${code(name === "list" ? "pages" : `${name}Pages`)}.` : ""}
`
}

const declaredOf = ({ name, doc, of, fields }: Declared): string => {
  const rows = fields.map(
    ({ name, type, optional, doc }) => `| ${code(name)}${optional ? "" : " \\*"} | ${code(type)} | ${cell(doc)} |`
  )
  const table = rows.length === 0 ? "" : `\n| field | type | |\n|---|---|---|\n${rows.join("\n")}\n`
  return `### ${name}\n\n${doc}\n${of === "" ? "" : `\n${fields.length === 0 ? "Is" : "Extends"} ${code(of)}.\n`}${table}`
}

const page = (name: string, source: Source): string => {
  const example = readFileSync(join(root, `packages/examples/src/reference/${name}.ts`), "utf8").trim()
  const operations = Object.entries(groups[name] ?? {}).map(([key, operation]) => {
    const doc = source.operations.get(key)
    if (doc === undefined || doc === "") throw new Error(`${name}.${key} has no words in its contract file`)
    return operationOf(name, key, operation, doc)
  })
  return `<!-- Written by \`npm run reference\` from the contract. Change it there. -->

# ${title(name)}

${source.doc}

\`\`\`ts
${example}
\`\`\`

## Operations

On the promise client \`aywa.${name}\`, in Effect programs the service \`${pascal(name)}\` of \`@aywa-ai/runtime-sdk/effect\`.

${operations.join("\n")}
## Types

\\* is always there.

${source.declared.map(declaredOf).join("\n")}`
}

const index = `<!-- Written by \`npm run reference\` from the contract. Change it there. -->

# Reference

Every operation of the contract. The same table as OpenAPI: [openapi.json](../public/openapi.json); the local runtime
serves it at \`/openapi.json\`.

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
  return sources.get(resource)?.operations.get(name)
}

const folder = join(root, "docs/reference")
const files = new Map<string, string>([
  [join(folder, "index.md"), index],
  ...[...sources].map(([name, source]) => [join(folder, `${name}.md`), page(name, source)] as const),
  [join(root, "docs/public/openapi.json"), `${JSON.stringify(openApi(contract, { describe }), null, 2)}\n`]
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
