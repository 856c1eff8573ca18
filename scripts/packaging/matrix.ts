/**
 * The install matrix: the tarballs in empty projects, with every Node, TypeScript, Effect and bundler that is promised.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import * as programs from "./programs.ts"
import { nodeBinary, nodePackage, project, tsconfig } from "./project.ts"
import { run, tool } from "./shell.ts"
import type { Tarballs } from "./tarballs.ts"

/** What a row needs. */
export interface MatrixContext {
  readonly work: string
  readonly tarballs: Tarballs
  /** Leads to the local runtime. */
  readonly env: Readonly<Record<string, string>>
}

/** A part of the matrix; gives the lines of what passed. */
export type Part = (context: MatrixContext) => Promise<ReadonlyArray<string>>

const versionOf = (folder: string, name: string): string =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version

const expectOk = async (
  node: string,
  args: ReadonlyArray<string>,
  cwd: string,
  env: Readonly<Record<string, string>>
) => {
  const text = await run(node, args, { cwd, env })
  if (!text.trim().endsWith("ok")) throw new Error(`${args.join(" ")} in ${cwd} said ${text}`)
}

/** ESM and `require` on Node 22, 24 and 26; TypeScript 5.9 and 7 with both resolutions; bundled by esbuild. */
export const plainProject: Part = async ({ work, tarballs, env }) => {
  const majors = [22, 24, 26]
  const folder = await project(work, {
    name: "plain",
    dependencies: {
      "@aywa-ai/runtime-sdk": `file:${tarballs.sdk}`,
      "@types/node": "24.19.2",
      typescript5: "npm:typescript@5.9",
      ...Object.fromEntries(majors.map((major) => [`node${major}`, nodePackage(major)]))
    },
    files: { "main.mjs": programs.plain, "main.cjs": programs.commonJs, "typed.ts": programs.typed }
  })
  if (existsSync(join(folder, "node_modules/effect"))) throw new Error("effect must not be installed here")
  const lines: Array<string> = []
  for (const major of majors) {
    const node = nodeBinary(folder, major)
    await expectOk(node, ["main.mjs"], folder, env)
    await expectOk(node, ["main.cjs"], folder, env)
    lines.push(`ESM and require on Node ${(await run(node, ["--version"], { cwd: folder })).trim()}`)
  }
  await expectOk(nodeBinary(folder, 24), ["typed.ts"], folder, env)
  for (const [name, command, args] of [
    [
      `TypeScript ${versionOf(folder, "typescript5")}`,
      process.execPath,
      [join(folder, "node_modules/typescript5/bin/tsc")]
    ],
    ["TypeScript 7", tool("tsc"), []]
  ] as const) {
    for (const resolution of ["nodenext", "bundler"] as const) {
      writeFileSync(join(folder, "tsconfig.json"), tsconfig(resolution, { skipLibCheck: false }))
      await run(command, [...args, "-p", "."], { cwd: folder })
      lines.push(`${name}, ${resolution}, declarations checked, without effect`)
    }
  }
  await build({
    entryPoints: [join(folder, "main.mjs")],
    outfile: join(folder, "bundled/esbuild.mjs"),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node22",
    logLevel: "error"
  })
  await expectOk(nodeBinary(folder, 22), ["bundled/esbuild.mjs"], folder, env)
  return [...lines, "bundled by esbuild"]
}

const effectProject =
  (name: string, range: string): Part =>
  async ({ work, tarballs, env }) => {
    const folder = await project(work, {
      name,
      dependencies: { "@aywa-ai/runtime-sdk": `file:${tarballs.sdk}`, effect: range, "@types/node": "24.19.2" },
      files: { "main.ts": programs.effect, "tsconfig.json": "{}" }
    })
    await expectOk(process.execPath, ["main.ts"], folder, env)
    for (const resolution of ["nodenext", "bundler"] as const) {
      // Effect's own declarations are not ours to check.
      writeFileSync(join(folder, "tsconfig.json"), tsconfig(resolution, { skipLibCheck: true }))
      await run(tool("tsc"), ["-p", "."], { cwd: folder })
    }
    return [`effect ${versionOf(folder, "effect")} (${range}): runs, types with nodenext and bundler`]
  }

/** The local runtime in a user's own tests, and the command line, which needs no other package. */
export const localAndCli: Part = async ({ work, tarballs, env }) => {
  const testing = await project(work, {
    name: "testing",
    dependencies: {
      "@aywa-ai/runtime-sdk": `file:${tarballs.sdk}`,
      "@aywa-ai/runtime-local": `file:${tarballs.local}`,
      effect: "4.1.0",
      node26: nodePackage(26)
    },
    files: { "test.mjs": programs.testing }
  })
  const nodes = [process.execPath, nodeBinary(testing, 26)]
  for (const node of nodes) await expectOk(node, ["test.mjs"], testing, {})
  const cli = await project(work, { name: "cli", dependencies: { "@aywa-ai/runtime-cli": `file:${tarballs.cli}` } })
  const installed = readdirSync(join(cli, "node_modules")).filter((name) => !name.startsWith("."))
  if (installed.join() !== "@aywa-ai") throw new Error(`The command line brings ${installed.join(", ")}`)
  const bin = join(cli, "node_modules/.bin/aywa-runtime")
  for (const node of nodes) {
    const listed = JSON.parse(await run(node, [bin, "assistants", "list"], { cwd: cli, env }))
    if (!Array.isArray(listed.items)) throw new Error("expected a page")
    await run(node, [bin, "doctor", "--only", "auth.negative,auth.rights"], { cwd: cli, env })
  }
  return [
    "testing entry with the local runtime on Node 24 and 26",
    "aywa-runtime alone on Node 24 and 26: list and doctor"
  ]
}

/** Bundled by Vite for a server. */
export const vite: Part = async ({ work, tarballs, env }) => {
  const folder = await project(work, {
    name: "vite",
    dependencies: { "@aywa-ai/runtime-sdk": `file:${tarballs.sdk}`, vite: "8" },
    files: {
      "main.mjs": programs.plain,
      "vite.config.mjs": `export default { ssr: { noExternal: true }, build: { ssr: "main.mjs", outDir: "bundled", target: "node22", minify: true }, logLevel: "error" }\n`
    }
  })
  await run(process.execPath, ["node_modules/vite/bin/vite.js", "build"], { cwd: folder })
  await expectOk(process.execPath, [join("bundled", readdirSync(join(folder, "bundled"))[0] ?? "")], folder, env)
  return [`bundled by Vite ${versionOf(folder, "vite")} for SSR`]
}

/** The webhooks entry in workerd: a signed event is taken, a forged one refused. */
export const workerd: Part = async ({ work, tarballs }) => {
  const folder = await project(work, {
    name: "workerd",
    dependencies: { "@aywa-ai/runtime-sdk": `file:${tarballs.sdk}`, miniflare: "4" },
    files: {
      "worker.mjs": programs.worker,
      "main.mjs": `import { Miniflare } from "miniflare"
import { readFileSync } from "node:fs"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
const SECRET = generateWebhookSecret()
const worker = new Miniflare({
  modules: true,
  script: readFileSync("bundled/worker.mjs", "utf8"),
  compatibilityDate: "2026-01-01",
  compatibilityFlags: ["nodejs_compat"],
  bindings: { SECRET }
})
const body = JSON.stringify({ message: { type: "hang" } })
const send = (headers) => worker.dispatchFetch("http://localhost/", { method: "POST", body, headers })
const good = await send(signAywaRuntimeWebhook({ body, secret: SECRET }))
const forged = await send(signAywaRuntimeWebhook({ body, secret: generateWebhookSecret() }))
const text = await good.text()
await worker.dispose()
if (good.status !== 200 || text !== "hang" || forged.status !== 401) throw new Error([good.status, text, forged.status].join())
console.log("ok")
`
    }
  })
  await build({
    entryPoints: [join(folder, "worker.mjs")],
    outfile: join(folder, "bundled/worker.mjs"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    conditions: ["workerd", "import"],
    external: ["node:*"],
    logLevel: "error"
  })
  await expectOk(process.execPath, ["main.mjs"], folder, {})
  return [`webhooks entry in workerd (miniflare ${versionOf(folder, "miniflare")})`]
}

/** Every part by name; `node scripts/packaging.ts plain vite` runs some. */
export const parts: Readonly<Record<string, Part>> = {
  plain: plainProject,
  "effect-oldest": effectProject("effect-oldest", "4.1.0"),
  "effect-newest": effectProject("effect-newest", "^4.1.0"),
  cli: localAndCli,
  vite,
  workerd
}
