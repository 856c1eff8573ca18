/** `init` in projects of each framework: what it writes runs, and what is there stays. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { run, temporaryFolder } from "./support.ts"

const packages = new URL("../../", import.meta.url).pathname

/** A project with a framework in its package.json, and the workspace's packages in its node_modules. */
const makeProject = (dependency: string, type: string | undefined, tsconfig: string | undefined): string => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "p", type, dependencies: { [dependency]: "*" } }))
  if (tsconfig !== undefined) writeFileSync(join(folder, "tsconfig.json"), tsconfig)
  mkdirSync(join(folder, "node_modules/@aywa-ai"), { recursive: true })
  const installed = join(packages, "runtime-sdk/node_modules")
  symlinkSync(join(packages, "runtime-sdk"), join(folder, "node_modules/@aywa-ai/runtime-sdk"))
  symlinkSync(join(packages, "../node_modules/typescript-5.9"), join(folder, "node_modules/typescript"))
  for (const name of ["hono", "express", "@nestjs", "@types", "rxjs", "reflect-metadata"]) {
    symlinkSync(join(installed, name), join(folder, "node_modules", name))
  }
  return folder
}

const bundler = '{ "compilerOptions": { "module": "esnext", "moduleResolution": "bundler" } }'
const nodenext = `{
  "compilerOptions": {
    "module": "nodenext", // "allowImportingTsExtensions": true,
  },
}`
const rewriting = '{ "compilerOptions": { "module": "nodenext", "rewriteRelativeImportExtensions": true } }'
const commonjs = '{ "compilerOptions": { "module": "commonjs", "experimentalDecorators": true } }'

describe("init", () => {
  // What `npm init -y` writes has been "commonjs" since npm 11, and nothing at all before.
  it.each([
    ["next", "next", undefined, bundler, "webhooks.ts", "app/webhooks/route.ts", 'from "../../aywa/webhooks"'],
    ["nest", "@nestjs/core", "commonjs", commonjs, "webhooks.ts", "aywa/aywa.module.ts", 'from "./webhooks"'],
    ["hono", "hono", "module", nodenext, "webhooks.ts", "aywa/route.ts", 'from "./webhooks.js"'],
    ["express", "express", "commonjs", undefined, "webhooks.mts", "aywa/route.mts", 'from "./webhooks.mts"'],
    ["lambda", "@types/aws-lambda", "module", undefined, "webhooks.ts", "aywa/lambda.ts", 'from "./webhooks.ts"']
  ])("%s: shows, writes, and its test passes", async (framework, dependency, type, tsconfig, file, mount, imported) => {
    const cwd = makeProject(dependency, type, tsconfig)
    const { code, json, stderr } = await run(["init", "--yes"], { cwd })
    const written = [`aywa/${file}`, mount, "aywa/aywa.test.mjs", ".env.example"]
    assert.deepStrictEqual([code, { ...json, next: [] }], [0, { framework, written, kept: [], next: [] }])
    assert.isArray(json.next)
    assert.include(stderr, `+ ${mount}`)
    assert.include(stderr, "node --test aywa/aywa.test.mjs")
    assert.include(readFileSync(join(cwd, mount), "utf8"), imported)
    // By itself: --test would start one more process for the same.
    execFileSync(process.execPath, ["aywa/aywa.test.mjs"], { cwd, encoding: "utf8" })
    const again = await run(["init", "--yes"], { cwd })
    assertMatches(again.json, { written: [], kept: written })
  })

  it("its test fails while the route does", async () => {
    const cwd = makeProject("hono", "module", undefined)
    await run(["init", "--yes"], { cwd })
    const route = join(cwd, "aywa/route.ts")
    writeFileSync(route, readFileSync(route, "utf8").replace("./webhooks.ts", "./webhooks"))
    assert.throws(
      () => execFileSync(process.execPath, ["aywa/aywa.test.mjs"], { cwd, stdio: "pipe" }),
      "ERR_MODULE_NOT_FOUND"
    )
  })

  it.each([
    ["hono", "commonjs", nodenext, "aywa/route.ts", "./webhooks.js", "rewriteRelativeImportExtensions"],
    ["hono", undefined, rewriting, "aywa/route.mts", "./webhooks.mts", "node --env-file=.env.local server.mts"],
    ["express", "module", rewriting, "aywa/route.ts", "./webhooks.ts", "node --env-file=.env.local server.ts"],
    ["express", "commonjs", bundler, "aywa/route.ts", "./webhooks", "above express.json()"],
    ["@nestjs/core", "module", nodenext, "aywa/aywa.module.ts", "./webhooks.js", "imports of your AppModule"]
  ])("%s, type %s, %s: %s imports %s", async (dependency, type, tsconfig, mount, imported, step) => {
    const cwd = makeProject(dependency, type, tsconfig)
    const { stderr } = await run(["init", "--dry-run"], { cwd })
    assert.include(stderr, `+ ${mount}\n`)
    assert.include(stderr, `from "${imported}"`)
    const { json } = await run(["init", "--dry-run"], { cwd })
    assert.include(json.next.join("\n"), step)
    assert.match(json.next[0], /^npm install @aywa-ai\/runtime-sdk/)
  })

  it("never overwrites, and asks", async () => {
    const cwd = makeProject("express", "module", bundler)
    mkdirSync(join(cwd, "aywa"))
    writeFileSync(join(cwd, "aywa/webhooks.ts"), "// mine")
    assert.strictEqual((await run(["init"], { cwd })).code, 2)
    assert.isFalse(existsSync(join(cwd, "aywa/route.ts")))
    assert.deepStrictEqual((await run(["init", "--dry-run"], { cwd })).json.written, [])
    assert.deepStrictEqual((await run(["init", "--yes"], { cwd })).json.kept, ["aywa/webhooks.ts"])
    assert.strictEqual(readFileSync(join(cwd, "aywa/webhooks.ts"), "utf8"), "// mine")
  })

  it("says what is missing: a project, a framework", async () => {
    const cwd = temporaryFolder()
    assert.include((await run(["init"], { cwd })).stderr, "There is no package.json")
    writeFileSync(join(cwd, "package.json"), "{}")
    assert.include((await run(["init"], { cwd })).stderr, "--framework: next, nest, hono, express, lambda")
  })
})
