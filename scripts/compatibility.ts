/**
 * Writes docs/compatibility.md: every operation of the source API, as its own client has it, and whether the local
 * runtime serves it: each is asked for. `--check` writes nothing and fails when the page is not what it would write.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { root } from "./packages.ts"

const client = join(root, "packages/runtime-local/node_modules/@vapi-ai/server-sdk")
const resources = join(client, "dist/cjs/api/resources")
const file = join(root, "docs/compatibility.md")

/** One operation of the source API. */
interface SourceOperation {
  readonly method: string
  readonly path: string
}

/** Where the client joins an address and names a method. */
const request = /VapiEnvironment\.Default, (?:"([^"]*)"|`([^`]*)`)\),\s+method: "([A-Z]+)"/g

const operationsOf = (source: string): ReadonlyArray<SourceOperation> =>
  [...source.matchAll(request)].map(([, plain, template, method = ""]) => ({
    method,
    path: `/${(plain ?? template ?? "").replaceAll(/\$\{core\.url\.encodePathParam\((\w+)\)\}/g, ":$1")}`
  }))

const sourceOperations = (): ReadonlyArray<SourceOperation> => {
  const all = readdirSync(resources, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => operationsOf(readFileSync(join(resources, name, "client/Client.js"), "utf8")))
  const unique = new Map(all.map((one) => [`${one.path} ${one.method}`, one]))
  return [...unique.keys()].toSorted().flatMap((key) => unique.get(key) ?? [])
}

/** Whether the runtime has a route for it; that a row or a body is missing does not count. */
const isServed = async (baseUrl: string, apiKey: string, { method, path }: SourceOperation): Promise<boolean> => {
  const response = await fetch(baseUrl + path.replaceAll(/:\w+/g, "none"), {
    method,
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    ...(method === "GET" ? {} : { body: "{}" })
  })
  const text = await response.text()
  return response.status !== 405 && !/"code":"not_part_of_this_runtime"|There is no \//.test(text)
}

const write = async (): Promise<string> => {
  const operations = sourceOperations()
  const runtime = await startLocalRuntime()
  const served = new Map<SourceOperation, boolean>()
  try {
    for (const one of operations) served.set(one, await isServed(runtime.baseUrl, runtime.apiKey, one))
  } finally {
    await runtime.close()
  }
  const { version } = JSON.parse(readFileSync(join(client, "package.json"), "utf8")) as { version: string }
  const count = [...served.values()].filter(Boolean).length
  const rows = operations.map((one) => `| \`${one.method} ${one.path}\` | ${served.get(one) === true ? "yes" : "no"} |`)
  return `# Compatibility with the source API

The ${operations.length} operations of \`@vapi-ai/server-sdk\` ${version}, and whether the local runtime serves them: ${count} are. What is
not served answers 404 with the code \`not_part_of_this_runtime\`. Made by \`node scripts/compatibility.ts\`, which asks a
runtime for each.

| operation | served |
|---|---|
${rows.join("\n")}

Differences in what is served: nothing is dialled and nothing is heard, so recordings, and what \`monitor.listenUrl\` sends (16-bit
samples, 16,000 a second), are silence for as long as the call lasts; \`call-logs\` is a JSON object a line. In chats a script speaks, or a model whose
address was given (\`model\`, \`--model-url\`), never a default; a stream comes at once, in the form of one. Beyond the
client's operations the runtime serves \`monitor.controlUrl\`, \`webCallUrl\`, and drafts of assistants: \`POST\`, \`GET
/assistant/:id/draft\`, \`GET\`, \`PATCH\`, \`DELETE /assistant/:id/draft/:draftId\`, \`POST …/publish\`.
`
}

const text = await write()
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    process.stderr.write("docs/compatibility.md is not what the runtime serves: run node scripts/compatibility.ts\n")
    process.exitCode = 1
  }
} else writeFileSync(file, text)
