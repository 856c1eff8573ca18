/**
 * The test that `init` writes: it sends what the runtime sends through the route of the project, so that a route that
 * cannot be loaded, or does not answer, is seen.
 */
import type { Framework, Project } from "./templates.ts"

/** How the test of a framework gets its route, and how it delivers to it. */
interface Way {
  readonly imports: ReadonlyArray<string>
  /** After the secret is in the environment, where the route reads it as it is loaded. */
  readonly deliver: string
}

/** A name as it stands in an import of the project, which is none of this file. */
const quoted = (name: string): string => JSON.stringify(name)

const posted = `{ method: "POST", body, headers }`

const overHttp = (port: string) => `const deliver = (body, headers) =>
  fetch(\`http://127.0.0.1:\${${port}}/webhooks\`, ${posted})`

const ways: Readonly<Record<Framework, (file: string) => Way>> = {
  next: () => ({
    imports: [],
    deliver: `const { POST } = await import(${quoted("../app/webhooks/route.ts")})
const deliver = (body, headers) => POST(new Request("http://localhost/webhooks", ${posted}))`
  }),
  nest: () => ({
    imports: ['import "reflect-metadata"', 'import { NestFactory } from "@nestjs/core"', 'import ts from "typescript"'],
    deliver: `const { AywaModule } = await import(${quoted("./aywa.module.ts")})
const app = await NestFactory.create(AywaModule, { logger: false })
await app.listen(0, "127.0.0.1")
after(() => app.close())
${overHttp("app.getHttpServer().address().port")}`
  }),
  hono: (file) => ({
    imports: [],
    deliver: `const { aywa } = await import(${quoted(`./route${file}`)})
const deliver = (body, headers) => aywa.request("/webhooks", ${posted})`
  }),
  express: (file) => ({
    imports: ['import express from "express"'],
    deliver: `const { aywa } = await import(${quoted(`./route${file}`)})
const server = express().use("/webhooks", aywa).listen(0, "127.0.0.1")
await once(server, "listening")
after(() => server.close())
${overHttp("server.address().port")}`
  }),
  lambda: (file) => ({
    imports: [],
    deliver: `const { handler } = await import(${quoted(`./lambda${file}`)})
const deliver = async (body, headers) => {
  const requestContext = { http: { method: "POST" } }
  const answer = await handler({ rawPath: "/webhooks", requestContext, headers, body, isBase64Encoded: false })
  return new Response(answer.body, { status: answer.statusCode })
}`
  })
}

/** Node takes whole names, and looks into package.json for what .ts is: what compiles this project does neither. */
const asCompiled = `
/** Files are found and read here as what compiles this project does it. */
registerHooks({
  resolve: (name, context, next) => {
    const isOurs = /^\\.{1,2}\\//.test(name) && /^file:(?!.*\\/node_modules\\/).*\\.ts$/.test(context.parentURL ?? "")
    return next(isOurs ? \`\${name.replace(/\\.[jt]s$/, "")}.ts\` : name, context)
  },
  load: (url, context, next) => LOAD
})
`

/** Types are left out by Node. */
const stripped = `next(url, /^file:(?!.*\\/node_modules\\/).*\\.ts$/.test(url) ? { ...context, format: "module-typescript" } : context)`

/** Decorators need a compiler. */
const transpiled = `{
    if (!/^file:(?!.*\\/node_modules\\/).*\\.ts$/.test(url)) return next(url, context)
    const compilerOptions = { module: "ESNext", target: "ES2022", experimentalDecorators: true, emitDecoratorMetadata: true }
    const source = ts.transpileModule(readFileSync(fileURLToPath(url), "utf8"), { compilerOptions }).outputText
    return { format: "module", source, shortCircuit: true }
  }`

const hooksOf = ({ framework, runs }: Project): string =>
  runs === "node" ? "" : asCompiled.replace("LOAD", () => (framework === "nest" ? transpiled : stripped))

/** Imports of Node's own modules, for what the rest of the file uses. */
const nodeImports = (text: string): ReadonlyArray<string> =>
  [
    ["once", "node:events"],
    ["readFileSync", "node:fs"],
    ["registerHooks", "node:module"],
    ["fileURLToPath", "node:url"]
  ].flatMap(([name, from]) => (text.includes(`${name}(`) ? [`import { ${name} } from "${from}"`] : []))

/** The test of a project, at a path. */
export const testOf = (project: Project, path: string): string => {
  const { imports, deliver } = ways[project.framework](project.file)
  const hooks = hooksOf(project)
  const names = deliver.includes("after(") ? "after, test" : "test"
  return `// node --test ${path}
import assert from "node:assert/strict"
${[...nodeImports(hooks + deliver), `import { ${names} } from "node:test"`, ...imports].join("\n")}
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
${hooks}
const secret = generateWebhookSecret()
process.env.AYWA_RUNTIME_WEBHOOK_SECRET = secret
${deliver}

/** Sends what the runtime sends when a caller asks about an order, signed as the runtime signs it. */
const ask = (name, input, signedWith = secret) => {
  const call = { id: "call_1", type: "function", function: { name, arguments: JSON.stringify(input) } }
  const body = JSON.stringify({ message: { type: "tool-calls", toolCallList: [call], toolWithToolCallList: [] } })
  return deliver(body, { "content-type": "application/json", ...signAywaRuntimeWebhook({ body, secret: signedWith }) })
}

test("a caller asks where the order is", async () => {
  const answer = await ask("lookupOrder", { orderId: "A-1" })
  assert.equal(answer.status, 200)
  assert.match((await answer.json()).results[0].result, /shipped/)
})

test("somebody else's signature is refused", async () => {
  const answer = await ask("lookupOrder", {}, generateWebhookSecret())
  assert.equal(answer.status, 401)
})
`
}
