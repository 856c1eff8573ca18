/** Tools with the SDK and Zod, and nothing else: the example of the documentation compiles and answers a signed event. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { project, run } from "./projects.ts"

type Row = (what: string, check: () => Promise<unknown>) => Promise<void>

const page = readFileSync(new URL("../../docs/tools.md", import.meta.url), "utf8")

/** The first block of the page, which exports the toolkit. */
const example = (): string => {
  const block = /^```ts\n([\s\S]*?)^```/m.exec(page)?.[1]
  if (block === undefined || !block.includes("export const toolkit")) throw new Error("docs/tools.md begins otherwise")
  return block
}

const answers = `import { Toolkit } from "@aywa-ai/runtime-sdk/tools"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { webhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { toolkit } from "./example.ts"
const secret = generateWebhookSecret()
const handler = webhookHandler({ secret, handlers: { "tool-calls": Toolkit.handler(toolkit) } })
const call = (id: string, orderId: unknown) => ({ id, name: "lookupOrder", arguments: { orderId } })
const body = JSON.stringify({ message: { type: "tool-calls", toolCallList: [call("1", "A-1"), call("2", 7)] } })
const headers = { ...signAywaRuntimeWebhook({ body, secret }) }
const response = await handler(new Request("http://localhost/", { method: "POST", headers, body }))
const text = await response.text()
if (!text.includes("shipped") || !text.includes("arguments of lookupOrder are wrong")) throw new Error(text)
`

/** The rows; compilers are those of another project. */
export const toolRows = async (
  row: Row,
  sdk: string,
  tsconfig: (resolution: "NodeNext" | "Bundler", include: string, more: object) => string,
  compilers: ReadonlyArray<readonly [file: string, name: string]>
): Promise<void> => {
  const folder = await project(
    "zod",
    { "@aywa-ai/runtime-sdk": sdk, "@types/node": "24.19.2", zod: "4" },
    { "example.ts": example(), "answers.ts": answers }
  )
  if (existsSync(join(folder, "node_modules/effect"))) throw new Error("the SDK must not bring effect along")
  const options = { allowImportingTsExtensions: true }
  for (const [tsc, name] of compilers) {
    await row(`${name}, tools of Zod, without effect, skipLibCheck false`, () => {
      const file = `tsconfig.${name.replaceAll(/\W/g, "")}.json`
      writeFileSync(join(folder, file), tsconfig("NodeNext", "*.ts", options))
      return run(process.execPath, [tsc, "-p", file], folder)
    })
  }
  await row("tools of Zod answer a signed event, without effect", () => run(process.execPath, ["answers.ts"], folder))
}

const isEntry = process.argv[1] === new URL(import.meta.url).pathname
if (isEntry) {
  const { packAll } = await import("./projects.ts")
  const { "runtime-sdk": sdk } = await packAll()
  const root = new URL("../../", import.meta.url).pathname
  const compilers = [
    [join(root, "node_modules/typescript/bin/tsc"), "TypeScript 7"],
    [join(root, "node_modules/typescript-5.9/bin/tsc"), "TypeScript 5.9"]
  ] as const
  const { tsconfig } = await import("./tsconfig.ts")
  await toolRows(async (what, check) => void (await check(), console.log(`ok  ${what}`)), sdk, tsconfig, compilers)
}
