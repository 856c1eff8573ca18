/**
 * What a stranger meets at the door: names of classes in the packed files, installations beside packages that the
 * Effect entries and the drivers could not use, entries by `require`, and an old Node. Part of the matrix; runs alone
 * too: `node scripts/matrix/door.ts`.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { build } from "esbuild"
import { rolldown } from "rolldown"
import * as programs from "./doorPrograms.ts"
import { esm } from "./programs.ts"
import { packAll, project, run, work } from "./projects.ts"

type Row = (what: string, check: () => Promise<unknown>) => Promise<void>

export interface Door {
  readonly packages: Awaited<ReturnType<typeof packAll>>
  /** The Node binaries to use, by major. */
  readonly nodes: ReadonlyArray<readonly [major: string, file: string]>
  /** What leads to a running local runtime. */
  readonly env: NodeJS.ProcessEnv
}

/** Entries that need Effect, by name. */
const effectEntries = ["effect", "contract", "inbox", "tools/effect", "http-client", "webhooks/http", "testing"]

/** Exit code and outputs of a command that may fail. */
const outcome = (command: string, args: ReadonlyArray<string>, cwd: string) =>
  new Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }>((resolve) =>
    execFile(command, [...args], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr })
    )
  )

/** The one line that an entry must end with, whether it is imported or required. */
const says = async (node: string, folder: string, entry: string, line: string): Promise<void> => {
  const name = JSON.stringify(`@aywa-ai/runtime-sdk/${entry}`)
  for (const args of [
    ["--input-type=module", "-e", `import ${name}`],
    ["--input-type=commonjs", "-e", `require(${name})`]
  ]) {
    const { code, stderr } = await outcome(node, args, folder)
    if (code !== 1 || !stderr.includes(`Error: @aywa-ai/runtime-sdk/${entry} ${line}`)) {
      throw new Error(`${args.join(" ")} must say "${line}", not:\n${stderr}`)
    }
  }
}

const versionIn = (folder: string, name: string): string =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version

/** Packages of an older time, the entries or databases that cannot use them, and what these say. */
const older = [
  { dependency: "effect@3", needs: "effect 4.1 or later", install: "effect@4", entries: effectEntries },
  { dependency: "effect@4.0", needs: "effect 4.1 or later", install: "effect@4", entries: effectEntries },
  { dependency: "mysql2@2", needs: "mysql2 3 or later", install: "mysql2@3", url: "mysql://root@127.0.0.1:1/none" },
  { dependency: "pg@7", needs: "pg 8 or later", install: "pg@8", url: "postgres://root@127.0.0.1:1/none" }
] as const

const namesRows = async (row: Row, { packages, nodes }: Door): Promise<void> => {
  const folder = await project(
    "names",
    {
      "@aywa-ai/runtime-sdk": packages["runtime-sdk"],
      "@aywa-ai/runtime-local": packages["runtime-local"],
      effect: "4.1.0",
      // The peer of one entry, and what it needs itself.
      "@nestjs/core": "12",
      "@nestjs/common": "12",
      "reflect-metadata": "0.2",
      rxjs: "7",
      pino: "10"
    },
    { "names.mjs": programs.names, "uncaught.mjs": programs.uncaught, "requires.cjs": programs.requires }
  )
  for (const [major, node] of nodes) {
    await row(`Node ${major}, classes have their names, in logs and messages too`, async () => {
      await run(node, ["names.mjs"], folder)
      const { code, stderr } = await outcome(node, ["uncaught.mjs"], folder)
      if (code !== 1 || !/^ConnectionError: /m.test(stderr)) throw new Error(stderr)
    })
    await row(`Node ${major}, every entry by require`, () => run(node, ["requires.cjs"], folder))
  }
}

/** Bundlers take an entry itself: without the check, and without its top-level await. */
const bundledRows = async (row: Row, { packages, env }: Door): Promise<void> => {
  const folder = await project(
    "effect-bundled",
    { "@aywa-ai/runtime-sdk": packages["runtime-sdk"], effect: "4.1.0" },
    { "main.mjs": programs.bundled }
  )
  const input = join(folder, "main.mjs")
  for (const format of ["esm", "cjs"] as const) {
    const outfile = join(folder, `esbuild.${format === "esm" ? "mjs" : "cjs"}`)
    await row(`the Effect entries bundled by esbuild, ${format}`, async () => {
      await build({ entryPoints: [input], outfile, bundle: true, format, platform: "node", logLevel: "error" })
      await run(process.execPath, [outfile], work, env)
    })
    const file = join(folder, `rolldown.${format === "esm" ? "mjs" : "cjs"}`)
    await row(`the Effect entries bundled by rolldown, ${format}`, async () => {
      const bundle = await rolldown({ input, platform: "node", logLevel: "silent" })
      await bundle.write({ file, format, codeSplitting: false })
      await bundle.close()
      await run(process.execPath, [file], work, env)
    })
  }
}

const olderRows = async (row: Row, { packages, nodes, env }: Door): Promise<void> => {
  const { "runtime-sdk": sdk, "runtime-migration": migration, "runtime-cli": cli } = packages
  for (const { dependency, needs, install, ...more } of older) {
    const [name = "", range = ""] = dependency.split("@")
    await row(`beside ${dependency}: installed, a call, and one line where it is needed`, async () => {
      const files = { "main.mjs": esm, "open.mjs": programs.opensDatabase }
      const ours = { "@aywa-ai/runtime-sdk": sdk, "@aywa-ai/runtime-migration": migration, "@aywa-ai/runtime-cli": cli }
      const folder = await project(`beside-${name}-${range}`, { [name]: range, ...ours }, files)
      const line = `needs ${needs}, this is ${versionIn(folder, name)}: npm install ${install}`
      for (const [, node] of nodes) {
        await run(node, ["main.mjs"], folder, env)
        if ("url" in more) {
          await run(node, ["open.mjs", more.url, `@aywa-ai/runtime-migration ${line}`], folder)
        } else {
          for (const entry of more.entries) await says(node, folder, entry, line)
        }
      }
      await run(process.execPath, [join(folder, "node_modules/.bin/aywa-runtime"), "assistants", "list"], folder, env)
    })
  }
  await row("with none of them: one line that says what to install", async () => {
    const folder = await project(
      "beside-nothing",
      { "@aywa-ai/runtime-sdk": sdk, "@aywa-ai/runtime-migration": migration },
      { "open.mjs": programs.opensDatabase }
    )
    for (const [, node] of nodes) {
      for (const entry of effectEntries) {
        await says(node, folder, entry, "needs effect 4.1 or later, which is not installed: npm install effect@4")
      }
      const line = "@aywa-ai/runtime-migration needs pg 8 or later, which is not installed: npm install pg@8"
      await run(node, ["open.mjs", "postgres://127.0.0.1:1/none", line], folder)
    }
  })
  await row("./testing without the local runtime: one line that says what to install", async () => {
    const folder = await project("beside-effect", { "@aywa-ai/runtime-sdk": sdk, effect: "4.1.0" }, {})
    const name = "@aywa-ai/runtime-local"
    const version = versionIn(folder, "@aywa-ai/runtime-sdk")
    const line = `needs ${name} ${version}, which is not installed: npm install ${name}@${version}`
    for (const [, node] of nodes) await says(node, folder, "testing", line)
  })
}

const oldNodeRows = async (row: Row, { packages }: Door): Promise<void> => {
  const { "runtime-sdk": sdk, "runtime-local": local, "runtime-cli": cli } = packages
  const folder = await project(
    "old-node",
    {
      node: "20",
      "@aywa-ai/runtime-sdk": sdk,
      "@aywa-ai/runtime-local": local,
      "@aywa-ai/runtime-cli": cli,
      effect: "4.1.0"
    },
    {}
  )
  const node = join(folder, "node_modules/node/bin/node")
  const version = versionIn(folder, "node")
  for (const [what, bin] of [
    ["aywa-runtime", "node_modules/.bin/aywa-runtime"],
    ["The local runtime", "node_modules/@aywa-ai/runtime-local/dist/bin.js"]
  ] as const) {
    await row(`Node 20, ${what}: says what it needs`, async () => {
      const { code, stdout, stderr } = await outcome(node, [bin, "--help"], folder)
      const line = `${what} needs Node 22.19 or later, this is ${version}.\n`
      if (code !== 2 || stdout !== "" || stderr !== line) throw new Error(`${code}\n${stdout}\n${stderr}`)
    })
  }
}

export const doorRows = async (row: Row, door: Door): Promise<void> => {
  await namesRows(row, door)
  await bundledRows(row, door)
  await olderRows(row, door)
  await oldNodeRows(row, door)
}

if (import.meta.main) {
  await using runtime = await startLocalRuntime()
  const env = {
    AYWA_RUNTIME_BASE_URL: runtime.baseUrl,
    AYWA_RUNTIME_API_KEY: runtime.apiKey,
    AYWA_RUNTIME_ORGANIZATION_ID: runtime.organizationId
  }
  const other = await Promise.all(
    ["22", "26"].map(async (major) => {
      const folder = await project(`node-${major}`, { node: major }, {})
      return [major, join(folder, "node_modules/node/bin/node")] as const
    })
  )
  const row: Row = async (what, check) => {
    await check()
    console.log(`ok  ${what}`)
  }
  await doorRows(row, { packages: await packAll(), nodes: [["24", process.execPath], ...other], env })
  console.log(`all rows passed in ${work}`)
}
