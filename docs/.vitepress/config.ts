import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { defineConfig, type MarkdownRenderer } from "vitepress"
import { groups, navigation } from "./pages.ts"

const docs = new URL("..", import.meta.url).pathname
const manifest = JSON.parse(readFileSync(join(docs, "../packages/runtime-sdk/package.json"), "utf8"))
const reference = readdirSync(join(docs, "reference"))
  .filter((name) => name.endsWith(".md") && name !== "index.md" && name !== "events.md")
  .map((name) => name.slice(0, -3))

/** Where pages are edited, once the packages say their repository. */
const address: string = manifest.repository?.url ?? "OWNER/REPOSITORY"
const repository = address.includes("OWNER/REPOSITORY") ? undefined : address.replace(/^git\+|\.git$/g, "")

/** Drawings are put into the page, so that they follow its colours; elsewhere they are pictures. */
const ourMarkdown = (md: MarkdownRenderer): void => {
  const image = md.renderer.rules.image
  const inlineCode = md.renderer.rules.code_inline
  md.renderer.rules.code_inline = (tokens, index, options, env, self) => {
    // `{{name}}` is a variable of an assistant, and none of Vue.
    tokens[index]?.attrSet("v-pre", "")
    return inlineCode?.(tokens, index, options, env, self) ?? ""
  }
  md.renderer.rules.image = (tokens, index, options, env, self) => {
    const source = tokens[index]?.attrGet("src") ?? ""
    const name = /diagrams\/([\w-]+\.svg)$/.exec(source)?.[1]
    if (name === undefined) return image?.(tokens, index, options, env, self) ?? ""
    const drawing = readFileSync(join(docs, "public/diagrams", name), "utf8").replace(
      /<style>[^]*?<\/style>/,
      (style) =>
        // Vue takes no style element in a template; a component that is one does.
        style.replace("<style>", "<component is='style'>").replace("</style>", "</component>")
    )
    return `<span class="diagram" style="display:block">${drawing.replace(/\n/g, "")}</span>`
  }
}

/** Pages as Markdown, without what only the checks of this repository read. */
const plain = (text: string): string =>
  text
    .replace(/^---\n[^]*?\n---\n/, "")
    .replace(/<!-- preamble\n[^]*?-->\n/g, "")
    .replace(/<!--[^]*?-->\n/g, "")
    .trimStart()

/** `llms.txt`, and a Markdown file beside every page. */
const writeMarkdown = (outDir: string): void => {
  const titleOf = (text: string): string => /^# (.*)$/m.exec(text)?.[1]?.replace(/<[^>]*>/g, " ") ?? ""
  const lines = groups(reference).flatMap(({ text, items }) => [
    "",
    `## ${text}`,
    "",
    ...items.map(({ text, link }) => {
      const file = link.endsWith("/") ? `${link}index.md` : `${link}.md`
      return `- [${text}](${file})`
    })
  ])
  const summary =
    "> TypeScript SDK for a self-operated Aywa voice-agent runtime. A retry never duplicates; every error says whether something happened; no address is ever implied."
  writeFileSync(join(outDir, "llms.txt"), `${["# Aywa runtime SDK", "", summary, ...lines].join("\n")}\n`)
  for (const file of globSync("**/*.md", { cwd: docs, exclude: ["public/**", ".vitepress/**"] })) {
    const text = plain(readFileSync(join(docs, file), "utf8"))
    mkdirSync(dirname(join(outDir, file)), { recursive: true })
    writeFileSync(join(outDir, file), titleOf(text) === "" ? `# ${file}\n\n${text}` : text)
  }
}

export default defineConfig({
  title: "Aywa runtime SDK",
  description: "TypeScript SDK for a self-operated Aywa voice-agent runtime: a lost answer, one row.",
  lang: "en",
  cleanUrls: true,
  lastUpdated: false,
  markdown: { config: ourMarkdown, theme: { light: "vitesse-light", dark: "vitesse-dark" } },
  head: [["link", { rel: "alternate", type: "text/plain", href: "/llms.txt", title: "llms.txt" }]],
  buildEnd: ({ outDir }) => writeMarkdown(outDir),
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3], label: "On this page" },
    nav: [...navigation, { text: `v${manifest.version}`, link: "/from-0.1" }],
    sidebar: groups(reference).map((group) => ({ ...group, collapsed: false })),
    ...(repository === undefined
      ? {}
      : {
          editLink: { pattern: `${repository}/edit/main/docs/:path`, text: "Edit this page" },
          socialLinks: [{ icon: "github", link: repository }]
        }),
    footer: {
      message: `MIT licence. Version ${manifest.version}.`,
      copyright: 'Pages for programs: <a href="/llms.txt">llms.txt</a>, and every page as Markdown beside it.'
    }
  }
})
