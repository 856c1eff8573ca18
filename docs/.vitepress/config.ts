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
        items: [page("Start", "/"), page("Receive webhooks", "/webhooks")]
      },
      {
        text: "Reference",
        items: [page("All operations", "/reference/"), ...reference.map((name) => page(name, `/reference/${name}`))]
      }
    ]
  }
})
