/** `init` in projects of each framework: what it writes runs, and what is there stays. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { run, temporaryFolder } from "./support.ts"

const packages = new URL("../../", import.meta.url).pathname

/** A project with a framework in its package.json, and the workspace's packages in its node_modules. */
const makeProject = (dependency: string, tsconfig: object): string => {
  const folder = temporaryFolder()
  const manifest = { name: "a-project", type: "module", dependencies: { [dependency]: "*" } }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
  mkdirSync(join(folder, "node_modules/@aywa-ai"), { recursive: true })
  mkdirSync(join(folder, "node_modules/@nestjs"))
  const installed = join(packages, "runtime-sdk/node_modules")
  symlinkSync(join(packages, "runtime-sdk"), join(folder, "node_modules/@aywa-ai/runtime-sdk"))
  for (const name of ["hono", "express", "@nestjs/common", "@nestjs/core", "@types", "rxjs"]) {
    symlinkSync(join(installed, name), join(folder, "node_modules", name))
  }
  return folder
}

const bundler = { compilerOptions: { module: "esnext", moduleResolution: "bundler" } }
const node = { compilerOptions: { module: "nodenext" } }

describe("init", () => {
  it.each([
    ["next", "next", bundler, "app/webhooks/route.ts", 'from "../../aywa/webhooks"'],
    ["nest", "@nestjs/core", bundler, "aywa/aywa.module.ts", 'from "./webhooks"'],
    ["hono", "hono", node, "aywa/route.ts", 'from "./webhooks.js"'],
    ["express", "express", bundler, "aywa/route.ts", 'from "./webhooks"'],
    ["lambda", "@types/aws-lambda", bundler, "aywa/lambda.ts", 'from "./webhooks"']
  ])("%s: shows, writes, and its test passes", async (framework, dependency, tsconfig, mount, imported) => {
    const cwd = makeProject(dependency, tsconfig)
    const { code, json, stderr } = await run(["init", "--yes"], { cwd })
    expect([code, json]).toEqual([
      0,
      { framework, written: ["aywa/webhooks.ts", mount, "aywa/aywa.test.mjs", ".env.example"], kept: [] }
    ])
    expect(stderr).toContain(`+ ${mount}`)
    expect(readFileSync(join(cwd, mount), "utf8")).toContain(imported)
    execFileSync(process.execPath, ["--test", "aywa/aywa.test.mjs"], { cwd, encoding: "utf8" })
    const again = await run(["init", "--yes"], { cwd })
    expect(again.json).toMatchObject({
      written: [],
      kept: ["aywa/webhooks.ts", mount, "aywa/aywa.test.mjs", ".env.example"]
    })
  })

  it("never overwrites, and asks", async () => {
    const cwd = makeProject("express", bundler)
    mkdirSync(join(cwd, "aywa"))
    writeFileSync(join(cwd, "aywa/webhooks.ts"), "// mine")
    expect((await run(["init"], { cwd })).code).toBe(2)
    expect(existsSync(join(cwd, "aywa/route.ts"))).toBe(false)
    expect((await run(["init", "--dry-run"], { cwd })).json.written).toEqual([])
    expect((await run(["init", "--yes"], { cwd })).json.kept).toEqual(["aywa/webhooks.ts"])
    expect(readFileSync(join(cwd, "aywa/webhooks.ts"), "utf8")).toBe("// mine")
  })

  it("says what is missing: a project, a framework", async () => {
    const cwd = temporaryFolder()
    expect((await run(["init"], { cwd })).stderr).toContain("There is no package.json")
    writeFileSync(join(cwd, "package.json"), "{}")
    expect((await run(["init"], { cwd })).stderr).toContain("--framework: next, nest, hono, express, lambda")
  })
})
