import { readdirSync } from "node:fs"
import { defineConfig } from "vitepress"

const reference = readdirSync(new URL("../reference", import.meta.url))
  .filter((name) => name.endsWith(".md") && name !== "index.md")
  .map((name) => name.slice(0, -3))
const page = (text: string, link: string) => ({ text, link })

export default defineConfig({
  title: "Aywa runtime SDK",
  description: "Typed Effect services and a promise client for a self-operated Aywa voice-agent runtime.",
  cleanUrls: true,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: [
      {
        text: "Guide",
        items: [
          page("Start", "/"),
          page("Errors", "/errors"),
          page("Retries and idempotency", "/retries"),
          page("Files, waiting, other routes", "/files"),
          page("Receive webhooks", "/webhooks"),
          page("A file per framework", "/frameworks"),
          page("The inbox", "/inbox"),
          page("Tools", "/tools"),
          page("Test your own code", "/testing"),
          page("The local runtime", "/local-runtime"),
          page("Calls and webhooks locally", "/local-calls"),
          page("Control a local runtime", "/local-control"),
          page("Compatibility", "/compatibility"),
          page("Move from the source platform", "/migration"),
          page("The command line", "/cli"),
          page("Config as code", "/config"),
          page("Observability", "/observability"),
          page("Performance", "/performance"),
          page("Production checklist", "/production"),
          page("One program, many tenants", "/tenants"),
          page("Connections", "/connections"),
          page("From 0.1", "/from-0.1")
        ]
      },
      {
        text: "Reference",
        items: [page("All operations", "/reference/"), ...reference.map((name) => page(name, `/reference/${name}`))]
      }
    ]
  }
})
