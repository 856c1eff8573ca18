/**
 * Installs the packed tarballs into empty projects and makes real calls: ESM and CommonJS on Node 22, 24 and 26,
 * TypeScript 5.9 and 7 with both resolutions, effect 4.1.0 and the newest 4.x, bundled by esbuild and by Vite, the case
 * table of webhooks in workerd, in Next and in a function of Vercel, the command line on its own, and what is met at the
 * door. Other package managers, runtimes and loaders take turns, two of each kind in a run; `AYWA_MATRIX=all` has them all.
 * Everything is installed beside the projects, nothing into the workspace.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { prepareTable } from "./matrix/attacks.ts"
import { canRoot, runContainer } from "./matrix/container.ts"
import { doorRows } from "./matrix/door.ts"
import { checkHovers } from "./matrix/hovers.ts"
import * as frameworks from "./matrix/frameworks.ts"
import { loaderRows } from "./matrix/loaders.ts"
import { managerRows, otherRows } from "./matrix/managers.ts"
import { differences } from "./matrix/page.ts"
import * as programs from "./matrix/programs.ts"
import { checkNameable, entriesOf } from "./matrix/nameable.ts"
import { packAll, project, run, work } from "./matrix/projects.ts"
import { writeSboms } from "./matrix/sbom.ts"
import { toolRows } from "./matrix/tools.ts"
import { tsconfig } from "./matrix/tsconfig.ts"

let passed = 0
const failed: Array<string> = []
const ran: Array<string> = []
// A row that fails does not hide those behind it: one run tells all.
const row = async (what: string, check: () => Promise<unknown>) => {
  const begin = performance.now()
  ran.push(what)
  const error = await check().then(
    () => undefined,
    (error: unknown) => error ?? "failed"
  )
  const seconds = `${((performance.now() - begin) / 1000).toFixed(1)} s`
  if (error === undefined) passed++
  else failed.push(what)
  console.log(`${error === undefined ? "ok " : "NO "} ${what.padEnd(64)} ${seconds}`)
  if (error !== undefined) console.error(error)
}

await using runtime = await startLocalRuntime()
const env = {
  AYWA_RUNTIME_BASE_URL: runtime.baseUrl,
  AYWA_RUNTIME_API_KEY: runtime.apiKey,
  AYWA_RUNTIME_ORGANIZATION_ID: runtime.organizationId
}

const begin = performance.now()
const table = await prepareTable()
const packages = await packAll()
const {
  "runtime-sdk": sdk,
  "runtime-local": local,
  "runtime-migration": migration,
  "runtime-config": config,
  "runtime-conformance": conformance,
  "runtime-mcp": mcp,
  "runtime-cli": cli
} = packages
const majors = ["22", "26"] as const
const [plain, first, newest, command, next, ...nodes] = await Promise.all([
  project(
    "plain",
    {
      "@aywa-ai/runtime-sdk": sdk,
      "@aywa-ai/runtime-migration": migration,
      "@aywa-ai/runtime-config": config,
      "@aywa-ai/runtime-conformance": conformance,
      "@types/node": "24.19.2",
      ts59: "npm:typescript@~5.9",
      ts7: "npm:typescript@7",
      esbuild: "0.28.2",
      vite: "8",
      miniflare: "4",
      // The bridge of Vercel's builder, in its version.
      "@edge-runtime/node-utils": "2.3.0"
    },
    {
      "main.mjs": programs.esm,
      "main.cjs": programs.commonJs,
      "types.ts": programs.types,
      ...frameworks.worker,
      ...frameworks.vercel,
      ...table.files
    }
  ),
  project(
    "effect-first",
    {
      "@aywa-ai/runtime-sdk": sdk,
      "@aywa-ai/runtime-local": local,
      "@aywa-ai/runtime-migration": migration,
      "@aywa-ai/runtime-config": config,
      "@aywa-ai/runtime-conformance": conformance,
      "@aywa-ai/runtime-mcp": mcp,
      "@types/node": "24.19.2",
      ts59: "npm:typescript@~5.9",
      effect: "4.1.0"
    },
    {
      "main.mjs": programs.withEffect,
      "types.ts": programs.withEffect,
      "testing.ts": programs.testing,
      "testing.mjs": programs.testing,
      "mcp.ts": programs.mcp,
      "mcp.mjs": programs.mcp
    }
  ),
  project("effect-newest", { "@aywa-ai/runtime-sdk": sdk, effect: "4" }, { "main.mjs": programs.withEffect }),
  project("cli", { "@aywa-ai/runtime-cli": cli }, { "local.mjs": programs.startsLocal }),
  project(
    "next",
    { "@aywa-ai/runtime-sdk": sdk, next: "16", react: "19", "react-dom": "19" },
    {
      ...frameworks.next,
      ...table.files
    }
  ),
  ...majors.map((major) => project(`node-${major}`, { node: major }, {}))
])
const versions: ReadonlyArray<readonly [string, string]> = [
  ["24", process.execPath],
  ...majors.map((major, i) => [major, join(nodes[i] ?? "", "node_modules/node/bin/node")] as const)
]
const versionOf = (folder: string, name: string): string =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version
const oldest = versionOf(first, "effect")
const latest = versionOf(newest, "effect")
const effects = [
  [first, `effect ${oldest}`],
  ...(latest === oldest ? [] : [[newest, `effect ${latest}, the newest 4.x`] as const])
] as const
if (latest === oldest) console.log(`--  the newest effect 4.x is ${oldest} itself: one row for both`)
console.log(`installed in ${((performance.now() - begin) / 1000).toFixed(0)} s`)
if (existsSync(join(plain, "node_modules/effect"))) throw new Error("the SDK must not bring effect along")

for (const [, node] of versions) {
  const major = (await run(node, ["-p", "process.versions.node"], work)).stdout.trim()
  await row(`Node ${major}, ESM`, () => run(node, ["main.mjs"], plain, env))
  await row(`Node ${major}, CommonJS`, () => run(node, ["main.cjs"], plain, env))
  for (const [folder, what] of effects) {
    await row(`Node ${major}, ${what}`, () => run(node, ["main.mjs"], folder, env))
  }
}
const named = (ts: "ts59" | "ts7") => [ts, `TypeScript ${versionOf(plain, ts)}`] as const
const compilers = [named("ts59"), named("ts7")] as const
for (const [ts, compiler] of compilers) {
  for (const resolution of ["NodeNext", "Bundler"] as const) {
    await row(`${compiler}, ${resolution}, without effect, skipLibCheck false`, () => {
      const file = `tsconfig.${ts}.${resolution}.json`
      writeFileSync(join(plain, file), tsconfig(resolution, "types.ts"))
      const tsc = join(plain, "node_modules", ts, "bin/tsc")
      return run(process.execPath, [tsc, "-p", file], plain)
    })
  }
}
await toolRows(
  row,
  sdk,
  tsconfig,
  compilers.map(([ts, compiler]) => [join(plain, "node_modules", ts, "bin/tsc"), compiler] as const)
)
// Each compiler and each resolution once: all four pairs are above. Effect's own declarations are not ours to check.
for (const [i, resolution] of (["NodeNext", "Bundler"] as const).entries()) {
  const [ts, compiler] = compilers[i] ?? compilers[0]
  await row(`${compiler}, ${resolution}, with effect ${oldest}`, () => {
    const file = `tsconfig.${ts}.${resolution}.json`
    writeFileSync(join(first, file), tsconfig(resolution, "*.ts", { skipLibCheck: true }))
    return run(process.execPath, [join(plain, "node_modules", ts, "bin/tsc"), "-p", file], first)
  })
}
await row("declaration: true, of what each function of each entry gives", () =>
  checkNameable(
    first,
    entriesOf("runtime-sdk"),
    compilers.map(([ts]) => join(plain, "node_modules", ts, "bin/tsc"))
  )
)
for (const format of ["esm", "cjs"] as const) {
  await row(`bundled by esbuild, ${format}`, async () => {
    const out = `out.esbuild.${format === "esm" ? "mjs" : "cjs"}`
    const entry = format === "esm" ? "main.mjs" : "main.cjs"
    const args = [entry, "--bundle", "--platform=node", `--format=${format}`, `--outfile=${out}`, "--log-level=error"]
    await run(join(plain, "node_modules/.bin/esbuild"), args, plain)
    await run(process.execPath, [out], plain, env)
  })
}
await row("bundled by Vite for SSR", async () => {
  writeFileSync(join(plain, "vite.config.mjs"), "export default { ssr: { noExternal: true } }\n")
  const args = ["build", "--ssr", "main.mjs", "--outDir", "out.vite", "--logLevel", "error"]
  await run(join(plain, "node_modules/.bin/vite"), args, plain)
  await run(process.execPath, [join("out.vite", readdirSync(join(plain, "out.vite"))[0] ?? "")], plain, env)
})
await row("webhooks in workerd", () => frameworks.checkWorker(plain, table))
await row("webhooks in a function of Vercel", () => frameworks.checkVercel(plain, table))
await row(`webhooks in Next ${versionOf(next, "next")}, both routers`, () => frameworks.checkNext(next, table))
for (const [major, node] of versions) {
  await row(`Node ${major}, ./testing with the packed local runtime`, () => run(node, ["testing.mjs"], first))
  await row(`Node ${major}, the MCP server`, () => run(node, ["mcp.mjs"], first, env))
  await row(`Node ${major}, aywa-runtime: list, doctor, local`, async () => {
    const bin = join(command, "node_modules/.bin/aywa-runtime")
    const { stdout } = await run(node, [bin, "assistants", "list"], command, env)
    if (!Array.isArray(JSON.parse(stdout).items)) throw new Error("expected a page")
    await run(node, [bin, "doctor", "--only", "auth.negative,auth.rights"], command, env)
    await run(process.execPath, ["local.mjs", node, bin], command)
  })
}
await row("the image of the local runtime, in a root of its own", async () => {
  if (canRoot()) return runContainer(cli)
  console.log("skipped: another root takes a Linux and its administrator")
})
await row("documentation on hover of every service, method, option and field", async () => {
  const { looked, bare } = checkHovers(first, "ts59")
  if (looked < 2000 || bare.length > 0) throw new Error(`${looked} looked at, without words: ${bare.join(", ")}`)
})
await loaderRows(row, sdk, env)
await managerRows(row, { sdk, env })
await doorRows(row, { packages, nodes: versions, env })
await row("SBOM of each package: what is installed, and what is inlined", () => writeSboms(packages))
await row("docs/where-it-runs.md has these rows", async () => {
  const wrong = differences(
    ran.slice(0, -1),
    otherRows.map(({ what }) => what)
  )
  if (wrong.length > 0) throw new Error(wrong.join("\n"))
})
console.log(`${passed} rows passed in ${((performance.now() - begin) / 1000).toFixed(0)} s`)
if (failed.length > 0) {
  console.error(`${failed.length} rows failed:\n${failed.map((what) => `  ${what}`).join("\n")}`)
  process.exitCode = 1
}
