/** The pages by need: navigation, sidebar and `llms.txt` are made of this list. */
interface Page {
  readonly text: string
  readonly link: string
}

interface Group {
  readonly text: string
  readonly items: Array<Page>
}

const page = (text: string, link: string): Page => ({ text, link })

/** The words at the top of every page. */
export const navigation: Array<Page & { readonly activeMatch: string }> = [
  { ...page("Start", "/start"), activeMatch: "^/start" },
  {
    ...page("Guides", "/assistants"),
    activeMatch:
      "^/(assistants|calls|webhooks|tools|inbox|pagination|files|retries|errors|testing|local-|inspector|cli|mcp)"
  },
  { ...page("Frameworks", "/frameworks/"), activeMatch: "^/frameworks/" },
  {
    ...page("Operate", "/production"),
    activeMatch:
      "^/(production|conformance|client-options|network|observability|docker|tenants|where-it-runs|performance|troubleshooting|glossary)"
  },
  { ...page("Move", "/from-vapi"), activeMatch: "^/(from-|migration)" },
  { ...page("Reference", "/reference/"), activeMatch: "^/reference/" }
]

/** Every page, in reading order. */
export const groups = (resources: ReadonlyArray<string>): Array<Group> => [
  { text: "Start", items: [page("Ten minutes", "/start")] },
  {
    text: "Guides",
    items: [
      page("Assistants", "/assistants"),
      page("Calls", "/calls"),
      page("Phone numbers", "/phone-numbers"),
      page("Receive webhooks", "/webhooks"),
      page("Tools", "/tools"),
      page("The inbox", "/inbox"),
      page("Lists and pages", "/pagination"),
      page("Files, waiting, other routes", "/files"),
      page("Retries and idempotency", "/retries"),
      page("Errors", "/errors"),
      page("Test your own code", "/testing"),
      page("The local runtime", "/local-runtime"),
      page("Calls and webhooks locally", "/local-calls"),
      page("The inspector", "/inspector"),
      page("Control a local runtime", "/local-control"),
      page("The command line", "/cli"),
      page("Agents", "/mcp")
    ]
  },
  {
    text: "Frameworks",
    items: [
      page("All of them", "/frameworks/"),
      page("Express", "/frameworks/express"),
      page("Next.js", "/frameworks/nextjs"),
      page("Nest", "/frameworks/nestjs"),
      page("Hono", "/frameworks/hono"),
      page("Fastify", "/frameworks/fastify"),
      page("Koa", "/frameworks/koa"),
      page("Elysia", "/frameworks/elysia"),
      page("AWS Lambda", "/frameworks/lambda"),
      page("Cloudflare Workers", "/frameworks/cloudflare"),
      page("Vercel", "/frameworks/vercel"),
      page("Node, Bun and Deno", "/frameworks/node"),
      page("Effect", "/frameworks/effect")
    ]
  },
  {
    text: "Operate",
    items: [
      page("Production checklist", "/production"),
      page("Conformance", "/conformance"),
      page("Config as code", "/config"),
      page("Client options", "/client-options"),
      page("TLS, private CAs, proxies", "/network"),
      page("Connections", "/connections"),
      page("Where it runs", "/where-it-runs"),
      page("Compatibility", "/compatibility"),
      page("Observability", "/observability"),
      page("Docker", "/docker"),
      page("One program, many tenants", "/tenants"),
      page("Performance", "/performance"),
      page("Troubleshooting", "/troubleshooting"),
      page("Glossary", "/glossary")
    ]
  },
  {
    text: "Move",
    items: [
      page("From Vapi", "/from-vapi"),
      page("An account and a database", "/migration"),
      page("From 0.1", "/from-0.1")
    ]
  },
  {
    text: "Reference",
    items: [
      page("All operations", "/reference/"),
      page("Events", "/reference/events"),
      ...resources.map((name) => page(name, `/reference/${name}`))
    ]
  }
]
