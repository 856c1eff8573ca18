/**
 * What `init` writes, by framework: a handler of webhooks with one tool, its place in the project, a test that asks the
 * tool as the runtime does, and the variables that are needed.
 */

import { testOf } from "./testTemplate.ts"

/** Frameworks that `init` knows. */
export const frameworks = ["next", "nest", "hono", "express", "lambda"] as const

export type Framework = (typeof frameworks)[number]

/** What of the project decides how files are written. */
export interface Project {
  readonly framework: Framework
  /** Folder of the sources, `""` or `"src"`. */
  readonly source: string
  /** How a file ends: `.mts` where Node would take `.ts` for CommonJS. */
  readonly file: ".ts" | ".mts"
  /** What stands behind the name of an imported file: `.ts`, `.mts`, `.js` or nothing. */
  readonly extension: string
  /** Who makes JavaScript of it: Node, which leaves the types out, or a compiler or bundler of the project's. */
  readonly runs: "node" | "compiler"
  /** Packages that are imported, and that package.json does not name. */
  readonly missing: ReadonlyArray<string>
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

const variables = `# npx @aywa-ai/runtime-cli local --write-env .env.local fills these in for development.
AYWA_RUNTIME_BASE_URL=
AYWA_RUNTIME_API_KEY=
AYWA_RUNTIME_ORGANIZATION_ID=
AYWA_RUNTIME_WEBHOOK_SECRET=
`

/** A route, and what is to be done with it. */
interface Mount extends Template {
  /** In a sentence; `""` where the framework finds it by itself. */
  readonly place: string
}

const mounts: Readonly<Record<Framework, (project: Project) => Mount>> = {
  next: ({ source, extension }) => ({
    path: join(source, "app/webhooks/route.ts"),
    place: "",
    content: `import { aywaRoute } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
import { webhooks } from ${quoted("../../aywa/webhooks", extension)}

export const runtime = "nodejs"

export const POST = aywaRoute({ secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET, handlers: webhooks })
`
  }),
  nest: ({ source, extension }) => ({
    path: join(source, "aywa/aywa.module.ts"),
    place: "Add AywaModule to the imports of your AppModule; its route is POST /webhooks.",
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
  hono: ({ source, file, extension }) => ({
    path: join(source, `aywa/route${file}`),
    place: 'In your app: app.route("/", aywa); its route is POST /webhooks.',
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
  express: ({ source, file, extension }) => ({
    path: join(source, `aywa/route${file}`),
    place: 'In your app, above express.json(): app.use("/webhooks", aywa).',
    content: `import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/express"
import { webhooks } from ${quoted("./webhooks", extension)}

/** In your app, above express.json(): app.use("/webhooks", aywa). */
export const aywa = aywaWebhooks({ secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET, handlers: webhooks })
`
  }),
  lambda: ({ source, file, extension }) => ({
    path: join(source, `aywa/lambda${file}`),
    place: "Its export handler is the one of the function: POST /webhooks.",
    content: `import { lambdaHandler } from "@aywa-ai/runtime-sdk/webhooks/lambda"
import { webhooks } from ${quoted("./webhooks", extension)}

/** API Gateway, a load balancer or a function URL: POST /webhooks. */
export const handler = lambdaHandler({ secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET, handlers: webhooks })
`
  })
}

/** What `init` writes into a project. */
export interface Written {
  readonly files: ReadonlyArray<Template>
  readonly mount: Mount
  readonly test: string
}

/** Every file for a project. */
export const templatesOf = (project: Project): Written => {
  const { framework, source, file } = project
  const mount = mounts[framework](project)
  const test = join(source, "aywa/aywa.test.mjs")
  return {
    files: [
      { path: join(source, `aywa/webhooks${file}`), content: handlers },
      mount,
      { path: test, content: testOf(project, test) },
      { path: ".env.example", content: variables }
    ],
    mount,
    test
  }
}
