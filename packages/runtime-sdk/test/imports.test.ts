/** Importing and calling touches nothing but the configured address (behaviour 37). */
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { assert, it } from "vitest"
import { version } from "../src/contract/version.ts"
import { serve, json } from "./support/server.ts"

it("the version in the user agent is the package's", () => {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8")
  )
  assert.strictEqual(version, manifest.version)
})

it("an import and a call write no file, no output, and connect to baseUrl only", async () => {
  await using server = await serve((_, r) => json(r, 200, []))
  const entry = new URL("../src/index.ts", import.meta.url).href
  const code = `
    import fs from "node:fs"
    import net from "node:net"
    import { syncBuiltinESMExports } from "node:module"
    const done = []
    for (const module of [fs, fs.promises]) {
      for (const name of Object.keys(module).filter((name) => /^(write|append|mkdir|copy|rename|link|symlink|createWrite)/.test(name))) {
        const real = module[name]
        module[name] = (...args) => { done.push(name); return real.apply(module, args) }
      }
    }
    syncBuiltinESMExports()
    fs.mkdirSync(${JSON.stringify(tmpdir())}, { recursive: true })
    if (done.pop() !== "mkdirSync") throw new Error("the spy is blind")
    const { connect } = net.Socket.prototype
    net.Socket.prototype.connect = function (...args) { done.push("connect " + JSON.stringify(args[0]?.[0]?.port ?? args[0]?.port)); return connect.apply(this, args) }
    const { AywaRuntimeClient } = await import(${JSON.stringify(entry)})
    const aywa = new AywaRuntimeClient({ baseUrl: ${JSON.stringify(server.baseUrl)}, apiKey: "k" })
    await aywa.assistants.list()
    process.stdout.write(JSON.stringify(done))`
  const { promisify } = await import("node:util")
  const { execFile } = await import("node:child_process")
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code])
  assert.deepStrictEqual(JSON.parse(stdout), [`connect ${JSON.stringify(new URL(server.baseUrl).port)}`])
  assert.strictEqual(stderr, "")
})

it("an import does not load the platform's fetch, which takes longer than all else of it", async () => {
  const code = (entry: string) => `
    await import(${JSON.stringify(new URL(`../src/${entry}`, import.meta.url).href)})
    const loaded = () => process.moduleLoadList.some((name) => name.endsWith("internal/deps/undici/undici"))
    const before = loaded()
    void Request
    process.stdout.write(JSON.stringify([before, loaded()]))`
  const { promisify } = await import("node:util")
  const { execFile } = await import("node:child_process")
  for (const entry of ["index.ts", "effect.ts", "webhooks.ts", "tools.ts"]) {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code(entry)])
    assert.deepStrictEqual(JSON.parse(stdout), [false, true], entry)
  }
})
