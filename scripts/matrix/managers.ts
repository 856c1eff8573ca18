/**
 * The packed SDK as other package managers install it and other runtimes load it, and under two loaders of TypeScript that
 * resolve as TypeScript did before `exports`. Every row brings its tool along; a run of the matrix takes some of them.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { generateWebhookSecret } from "@aywa-ai/runtime-sdk/webhooks"
import * as programs from "./programs.ts"
import { project, run } from "./projects.ts"

type Row = (what: string, check: () => Promise<unknown>) => Promise<void>

/** What a row is made with. */
export interface Installation {
  /** The specifier of the tarball. */
  readonly sdk: string
  /** Leads to the runtime. */
  readonly env: NodeJS.ProcessEnv
}

/** One row: what it shows, and how. */
export interface OtherRow {
  readonly kind: "manager" | "runtime" | "loader" | "framework"
  readonly what: string
  readonly check: (installation: Installation) => Promise<unknown>
}

const registry = async (cwd: string): Promise<string> =>
  (await run("npm", ["config", "get", "registry"], cwd)).stdout.trim()

const webhookSecret = generateWebhookSecret()

const bin = (folder: string, name: string): string => join(folder, "node_modules/.bin", name)

/** A folder with a tool in it, beside the project that the tool works on: what a manager installs is not its own. */
const withTool = async (
  name: string,
  tool: Record<string, string>,
  { sdk }: Installation,
  files: Record<string, string>
) => {
  const [tools, folder] = await Promise.all([
    project(`${name}-tool`, tool, {}),
    project(name, {}, { "main.mjs": programs.esm, "main.cjs": programs.commonJs, ...files })
  ])
  const manifest = {
    name,
    version: "1.0.0",
    private: true,
    type: "module",
    dependencies: { "@aywa-ai/runtime-sdk": sdk }
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
  return { tools, folder }
}

const yarn = async (linker: "pnp" | "node-modules", installation: Installation) => {
  const { tools, folder } = await withTool(`yarn-${linker}`, { "@yarnpkg/cli-dist": "4" }, installation, {
    ".yarnrc.yml": `nodeLinker: ${linker}\nenableTelemetry: false\nenableGlobalCache: false\nenableImmutableInstalls: false\n`,
    // A project of its own, whatever lies above it.
    "yarn.lock": ""
  })
  const file = join(tools, "node_modules/@yarnpkg/cli-dist/bin/yarn.js")
  const env = { ...installation.env, YARN_NPM_REGISTRY_SERVER: await registry(folder), YARN_ENABLE_SCRIPTS: "false" }
  await run(process.execPath, [file, "install"], folder, env)
  const isPlugged = existsSync(join(folder, ".pnp.cjs"))
  if (isPlugged !== (linker === "pnp")) throw new Error(`${linker}: the files are where another linker puts them`)
  for (const main of ["main.mjs", "main.cjs"]) await run(process.execPath, [file, "node", main], folder, env)
}

const pnpm = async (installation: Installation) => {
  const { folder } = await withTool("pnpm", {}, installation, {})
  await run("npx", ["--yes", "pnpm@12.21.0", "install", "--no-frozen-lockfile", "--loglevel=error"], folder)
  for (const main of ["main.mjs", "main.cjs"]) await run(process.execPath, [main], folder, installation.env)
}

const bun = async (installation: Installation) => {
  const { tools, folder } = await withTool("bun", { bun: "1" }, installation, { "main.ts": programs.typescript })
  const env = {
    ...installation.env,
    npm_config_registry: await registry(folder),
    BUN_INSTALL_CACHE_DIR: join(folder, ".cache")
  }
  await run(bin(tools, "bun"), ["install"], folder, env)
  for (const main of ["main.ts", "main.cjs"]) await run(bin(tools, "bun"), ["run", main], folder, env)
}

const deno = async (installation: Installation) => {
  const { tools, folder } = await withTool("deno", { deno: "2" }, installation, { "main.ts": programs.typescript })
  const packages = { "@aywa-ai/runtime-sdk": installation.sdk, "@types/node": "24.19.2" }
  const packagesOf = await project("deno-packages", packages, {})
  renameSync(join(packagesOf, "node_modules"), join(folder, "node_modules"))
  const env = { ...installation.env, DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" }
  // Deno asks for nothing but what is named: the network, for one address, and variables.
  const allowed = ["--allow-env", "--allow-net=127.0.0.1", "--node-modules-dir=manual", "--no-prompt"]
  await run(bin(tools, "deno"), ["run", "--check", ...allowed, "main.ts"], folder, env)
}

/** CommonJS, and resolution as TypeScript takes it by itself then: by `types` and `typesVersions`, without `exports`. */
const commonJsConfig = JSON.stringify({
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023", "DOM", "ESNext.Disposable"],
    module: "commonjs",
    esModuleInterop: true,
    strict: true,
    types: ["node", "jest"]
  }
})

const loaders = async (installation: Installation): Promise<string> => {
  const name = "typescript-loaders"
  const folder = await project(
    name,
    {
      "@aywa-ai/runtime-sdk": installation.sdk,
      "@types/jest": "30",
      "@types/node": "24.19.2",
      jest: "30",
      "ts-jest": "29",
      "ts-node": "10",
      typescript: "~5.9"
    },
    {
      "main.ts": `${programs.typescriptMain}void main()\n`,
      "calls.test.ts": `${programs.typescriptMain}test("a call", main)\n`,
      "tsconfig.json": commonJsConfig,
      "jest.config.cjs": `module.exports = { preset: "ts-jest", testEnvironment: "node" }\n`
    }
  )
  // What it installs stays; its own files are CommonJS.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", private: true }))
  return folder
}

/** Runners of tests that load ES modules. */
const moduleRunners = (installation: Installation): Promise<string> =>
  project(
    "module-runners",
    { "@aywa-ai/runtime-sdk": installation.sdk, jest: "30", vitest: "5" },
    {
      "calls.test.mjs": `${programs.esm.replace("await (async () =>", 'test("a call", async () =>').replace("})()", "})")}`,
      "vitest.config.mjs": "export default { test: { globals: true } }\n",
      "jest.config.mjs": "export default { testEnvironment: 'node', testMatch: ['**/*.test.mjs'], transform: {} }\n"
    }
  )

const page = (name: string): string => {
  const text = readFileSync(new URL(`../../docs/frameworks/${name}.md`, import.meta.url), "utf8")
  const block = /^```tsx?\n([\s\S]*?)^```/m.exec(text)?.[1]
  if (block === undefined) throw new Error(`docs/frameworks/${name}.md has no file to copy`)
  return block
}

/** Signs an event as the runtime does. */
const signed = `import { signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
const secret = process.env.AYWA_RUNTIME_WEBHOOK_SECRET ?? ""
const body = JSON.stringify({ message: { type: "tool-calls", toolCallList: [{ id: "1", name: "order", arguments: {} }] } })
const headers = { "content-type": "application/json", ...signAywaRuntimeWebhook({ body, secret }) }
`

const nest = async ({ sdk, env }: Installation) => {
  const folder = await project(
    "nest",
    {
      "@aywa-ai/runtime-sdk": sdk,
      "@nestjs/common": "11",
      "@nestjs/core": "11",
      "@nestjs/platform-express": "11",
      "@types/node": "24.19.2",
      "reflect-metadata": "0.2",
      rxjs: "7",
      typescript: "~5.9"
    },
    {
      "app.module.ts": page("nestjs"),
      "main.ts": `import "reflect-metadata"
import { NestFactory } from "@nestjs/core"
import { AppModule } from "./app.module"
${signed}
const main = async () => {
  const app = await NestFactory.create(AppModule, { logger: ["error"] })
  await app.listen(0, "127.0.0.1")
  const answer = await fetch(\`\${await app.getUrl()}/webhooks\`, { method: "POST", headers, body })
  const text = await answer.text()
  await app.close()
  if (!text.includes("order: shipped")) throw new Error(text)
}
void main()
`,
      // As \`nest new\` wrote it until Nest 11.
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          ...JSON.parse(commonJsConfig).compilerOptions,
          types: ["node"],
          emitDecoratorMetadata: true,
          experimentalDecorators: true,
          outDir: "dist"
        }
      })
    }
  )
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "nest", version: "1.0.0", private: true }))
  await run(bin(folder, "tsc"), ["-p", "tsconfig.json"], folder)
  await run(process.execPath, ["dist/main.js"], folder, { ...env, AYWA_RUNTIME_WEBHOOK_SECRET: webhookSecret })
}

/** The bundle that is uploaded, called as Lambda calls it, in a folder without packages. */
const lambda = async ({ sdk, env }: Installation) => {
  const folder = await project(
    "lambda",
    { "@aywa-ai/runtime-sdk": sdk, esbuild: "0.28.2" },
    {
      "index.ts": page("lambda"),
      "call.ts": `${signed}
const { handler } = await import(process.argv[2] ?? "")
const event = { version: "2.0", rawPath: "/webhooks", headers, body, isBase64Encoded: false, requestContext: { http: { method: "POST", path: "/webhooks" } } }
const answer = await handler(event, { getRemainingTimeInMillis: () => 10_000 })
if (!String(answer.body).includes("order: shipped")) throw new Error(JSON.stringify(answer))
`
    }
  )
  const alone = await project("lambda-alone", {}, {})
  const out = join(alone, "index.cjs")
  const args = [
    "index.ts",
    "--bundle",
    "--minify",
    "--platform=node",
    "--target=node22",
    "--format=cjs",
    `--outfile=${out}`
  ]
  await run(bin(folder, "esbuild"), [...args, "--log-level=error"], folder)
  await run(process.execPath, ["call.ts", out], folder, { ...env, AYWA_RUNTIME_WEBHOOK_SECRET: webhookSecret })
}

let modules: Promise<string> | undefined
let installed: Promise<string> | undefined

/** All of them. */
export const otherRows: ReadonlyArray<OtherRow> = [
  { kind: "manager", what: "yarn 4, node_modules", check: (each) => yarn("node-modules", each) },
  { kind: "manager", what: "yarn 4, Plug'n'Play", check: (each) => yarn("pnp", each) },
  { kind: "manager", what: "pnpm", check: pnpm },
  { kind: "runtime", what: "Bun, installed by bun", check: bun },
  { kind: "runtime", what: "Deno, types checked", check: deno },
  {
    kind: "loader",
    what: "ts-node, module commonjs",
    check: async (each) => {
      const folder = await (installed ??= loaders(each))
      await run(bin(folder, "ts-node"), ["main.ts"], folder, each.env)
    }
  },
  {
    kind: "loader",
    what: "ts-jest, module commonjs",
    check: async (each) => {
      const folder = await (installed ??= loaders(each))
      await run(bin(folder, "jest"), ["--silent"], folder, each.env)
    }
  },
  {
    kind: "loader",
    what: "Jest, ES modules",
    check: async (each) => {
      const folder = await (modules ??= moduleRunners(each))
      const env = { ...each.env, NODE_OPTIONS: "--experimental-vm-modules" }
      await run(bin(folder, "jest"), ["--silent"], folder, env)
    }
  },
  {
    kind: "loader",
    what: "Vitest",
    check: async (each) => {
      const folder = await (modules ??= moduleRunners(each))
      await run(bin(folder, "vitest"), ["run"], folder, each.env)
    }
  },
  { kind: "framework", what: "webhooks in Nest 11, module commonjs", check: nest },
  { kind: "framework", what: "webhooks in a bundle for AWS Lambda, without packages beside it", check: lambda }
]

/** The rows of one run: two of each kind in turn, so that a week of daily runs has had them all; or all. */
export const rowsOfToday = (all: boolean, day: number): ReadonlyArray<OtherRow> => {
  if (all) return otherRows
  return [...new Set(otherRows.map(({ kind }) => kind))].flatMap((kind) => {
    const rows = otherRows.filter((row) => row.kind === kind)
    return rows.filter((_, at) => [0, 1].some((n) => (day * 2 + n) % rows.length === at))
  })
}

/** Runs those of today, or all with `AYWA_MATRIX=all`. */
export const managerRows = async (row: Row, installation: Installation): Promise<void> => {
  const rows = rowsOfToday(process.env["AYWA_MATRIX"] === "all", Math.floor(Date.now() / 86_400_000))
  for (const { what, check } of rows) await row(what, () => check(installation))
}

if (import.meta.main) {
  const { startLocalRuntime } = await import("@aywa-ai/runtime-local")
  await using runtime = await startLocalRuntime()
  const env = {
    AYWA_RUNTIME_BASE_URL: runtime.baseUrl,
    AYWA_RUNTIME_API_KEY: runtime.apiKey,
    AYWA_RUNTIME_ORGANIZATION_ID: runtime.organizationId
  }
  const [sdk = "", ...names] = process.argv.slice(2)
  for (const { what, check } of otherRows.filter(
    (each) => names.length === 0 || names.some((n) => each.what.includes(n))
  )) {
    await check({ sdk, env }).then(
      () => console.log(`ok  ${what}`),
      (error: unknown) => console.log(`NO  ${what}`, error)
    )
  }
}
