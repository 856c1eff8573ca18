/**
 * What `init` writes, by framework: a handler of webhooks with one tool, its place in the project, a test that asks the
 * tool as the runtime does, and the variables that are needed.
 */

/** Frameworks that `init` knows. */
export const frameworks = ["next", "nest", "hono", "express", "lambda"] as const

export type Framework = (typeof frameworks)[number]

/** What of the project decides how files are written. */
export interface Project {
  readonly framework: Framework
  /** Folder of the sources, `""` or `"src"`. */
  readonly source: string
  /** What stands behind the name of an imported file: `.ts`, `.js` or nothing. */
  readonly extension: string
}

/** A file of the project, by its path. */
export interface Template {
  readonly path: string
  readonly content: string
}

const join = (...parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join("/")

const quoted = (file: string, extension: string): string => JSON.stringify(`${file}${extension}`)

const handlers = `import type { ToolCalls } from "@aywa-ai/runtime-sdk/webhooks"
import { handlers } from "@aywa-ai/runtime-sdk/webhooks/handlers"

/** A tool of yours: what the model gives is unknown, until you have looked. */
export const lookupOrder = ({ orderId }: { readonly [key: string]: unknown }): { readonly status: string } => ({
  status: orderId === "A-1" ? "shipped" : "unknown"
})

/** Answers the tools that an assistant calls, one result for each call. */
export const runTools = ({ toolCalls }: ToolCalls) => ({
  results: toolCalls.map(({ id, name, arguments: input }) =>
    name === "lookupOrder"
      ? { toolCallId: id, result: lookupOrder(input) }
      : { toolCallId: id, error: \`There is no tool \${name}.\` }
  )
})

/** What becomes of each event. The compiler sees to it that questions are answered. */
export const webhooks = handlers({
  "tool-calls": async (message) => runTools(message),
  "end-of-call-report": async (report) => {
    console.log(report.call?.id, report.endedReason, report.analysis.summary)
  }
})
`

const test = (path: string): string => `// node --test ${path.replace(/[^/]+$/, "aywa.test.mjs")}
import assert from "node:assert/strict"
import { test } from "node:test"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { webhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { webhooks } from ${quoted("./webhooks", ".ts")}

/** Sends what the runtime sends when a caller asks about an order, signed as the runtime signs it. */
const ask = (name, input, secret, signedWith = secret) => {
  const call = { id: "call_1", type: "function", function: { name, arguments: JSON.stringify(input) } }
  const body = JSON.stringify({ message: { type: "tool-calls", toolCallList: [call], toolWithToolCallList: [] } })
  const headers = { "content-type": "application/json", ...signAywaRuntimeWebhook({ body, secret: signedWith }) }
  const request = new Request("http://localhost/webhooks", { method: "POST", body, headers })
  return webhookHandler({ secret, handlers: webhooks })(request)
}

test("a caller asks where the order is", async () => {
  const answer = await ask("lookupOrder", { orderId: "A-1" }, generateWebhookSecret())
  assert.equal(answer.status, 200)
  assert.match((await answer.json()).results[0].result, /shipped/)
})

test("somebody else's signature is refused", async () => {
  const answer = await ask("lookupOrder", {}, generateWebhookSecret(), generateWebhookSecret())
  assert.equal(answer.status, 401)
})
`

const variables = `# npx @aywa-ai/runtime-cli local --write-env .env.local fills these in for development.
AYWA_RUNTIME_BASE_URL=
AYWA_RUNTIME_API_KEY=
AYWA_RUNTIME_ORGANIZATION_ID=
AYWA_RUNTIME_WEBHOOK_SECRET=
`

const mounts: Readonly<Record<Framework, (project: Project) => Template>> = {
  next: ({ source, extension }) => ({
    path: join(source, "app/webhooks/route.ts"),
    content: `import { aywaRoute } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
import { webhooks } from ${quoted("../../aywa/webhooks", extension)}

export const runtime = "nodejs"

export const POST = aywaRoute({ secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET, handlers: webhooks })
`
  }),
  nest: ({ source, extension }) => ({
    path: join(source, "aywa/aywa.module.ts"),
    content: `import { Injectable, Module } from "@nestjs/common"
import type { EndOfCallReport, ToolCalls } from "@aywa-ai/runtime-sdk/webhooks"
import { AywaWebhooksModule, OnAywaEvent } from "@aywa-ai/runtime-sdk/webhooks/nestjs"
import { runTools } from ${quoted("./webhooks", extension)}

@Injectable()
export class AywaEvents {
  @OnAywaEvent("tool-calls")
  async tools(message: ToolCalls) {
    return runTools(message)
  }

  @OnAywaEvent("end-of-call-report")
  async report(report: EndOfCallReport) {
    console.log(report.call?.id, report.endedReason, report.analysis.summary)
  }
}

/** Add it to the imports of your AppModule; its route is POST /webhooks. */
@Module({
  imports: [
    AywaWebhooksModule.forRootAsync({
      useFactory: () => ({
        path: "/webhooks",
        secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET,
        expects: ["tool-calls"]
      })
    })
  ],
  providers: [AywaEvents]
})
export class AywaModule {}
`
  }),
  hono: ({ source, extension }) => ({
    path: join(source, "aywa/route.ts"),
    content: `import { Hono } from "hono"
import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/hono"
import { webhooks } from ${quoted("./webhooks", extension)}

/** In your app: app.route("/", aywa). */
export const aywa = new Hono().all(
  "/webhooks",
  aywaWebhooks({ secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET, handlers: webhooks })
)
`
  }),
  express: ({ source, extension }) => ({
    path: join(source, "aywa/route.ts"),
    content: `import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/express"
import { webhooks } from ${quoted("./webhooks", extension)}

/** In your app, above express.json(): app.use("/webhooks", aywa). */
export const aywa = aywaWebhooks({ secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET, handlers: webhooks })
`
  }),
  lambda: ({ source, extension }) => ({
    path: join(source, "aywa/lambda.ts"),
    content: `import { lambdaHandler } from "@aywa-ai/runtime-sdk/webhooks/lambda"
import { webhooks } from ${quoted("./webhooks", extension)}

/** API Gateway, a load balancer or a function URL: POST /webhooks. */
export const handler = lambdaHandler({ secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET, handlers: webhooks })
`
  })
}

/** Every file for a project. */
export const templatesOf = (project: Project): ReadonlyArray<Template> => {
  const path = join(project.source, "aywa/webhooks.ts")
  return [
    { path, content: handlers },
    mounts[project.framework](project),
    { path: join(project.source, "aywa/aywa.test.mjs"), content: test(path) },
    { path: ".env.example", content: variables }
  ]
}
