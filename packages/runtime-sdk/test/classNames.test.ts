/** What the bundled entries call their classes: people read it in logs, on stderr and in stacks. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import pino from "pino"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bundle, bundledEntries } from "../scripts/bundle.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-names-"))
const fileOf = (entry: string): string => join(folder, `${entry}.js`)

/** What the entries of the webhooks share with the tools. */
const shared = ["config/callbacks", "config/unknownNames", "webhooks/lines"].concat(
  ["jsonIssues", "outcome", "within"].map((name) => `webhooks/handling/${name}`)
)

beforeAll(async () => {
  await bundle(bundledEntries, folder)
  for (const module of shared) {
    const source = readFileSync(new URL(`../src/${module}.ts`, import.meta.url), "utf8")
    mkdirSync(dirname(fileOf(module)), { recursive: true })
    writeFileSync(fileOf(module), stripTypeScriptTypes(source).replaceAll('.ts"', '.js"'))
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const isClass = (value: unknown): value is { readonly name: string } & (() => unknown) =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value))

/** Nobody listens on port 1. */
const client = `const { AywaRuntimeClient } = await import(${JSON.stringify(fileOf("index"))})
const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", retries: 0 })`

const failure = async (): Promise<unknown> => {
  const { AywaRuntimeClient } = await import(fileOf("index"))
  const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", retries: 0 })
  return aywa.assistants.list().then(assert.fail, (error: unknown) => error)
}

describe("the bundled entries", () => {
  it.each(bundledEntries)("%s: every exported class has its name, for JavaScript and for V8", async (entry) => {
    const classes = Object.entries(await import(fileOf(entry))).filter(([, value]) => isClass(value))
    for (const [name, value] of classes) {
      if (!isClass(value)) continue
      assert.strictEqual(value.name, name)
      assert.throws(() => value(), `Class constructor ${name} cannot be invoked without 'new'`)
    }
    if (entry === "index") assert.isAbove(classes.length, 10)
  })

  it("an error is inspected under its name", async () => {
    assert.match(inspect(await failure()), /^ConnectionError: /)
  })

  it("pino logs its type", async () => {
    const lines: Array<string> = []
    pino({ base: null }, { write: (line) => lines.push(line) }).error(await failure())
    assert.strictEqual(JSON.parse(lines[0] ?? "").err.type, "ConnectionError")
  })

  it("an uncaught one ends the process under its name", () => {
    const program = `${client}\nawait aywa.assistants.list()`
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })
    assert.match(stderr, /^ConnectionError: /m)
    assert.notMatch(stderr, /\b[A-Za-z_$]{1,2} \[ConnectionError\]/)
  })
})
