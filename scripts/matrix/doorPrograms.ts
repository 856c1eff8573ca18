/** Programs that look at the packed files as they are met first: names, and what is said when something is missing. */

/** Every exported class of every entry has its name; an error is inspected and logged under it. */
export const names = `import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import pino from "pino"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
let classes = 0
const look = (where, exported, deep) => {
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value === "function" && /^class\\b/.test(Function.prototype.toString.call(value))) {
      classes++
      if (value.name !== name) throw new Error(where + " exports " + name + " as " + value.name)
      try { value() } catch (error) { if (!error.message.startsWith("Class constructor " + name + " ")) throw error }
    } else if (deep && value?.[Symbol.toStringTag] === "Module") look(where + "." + name, value, false)
  }
}
for (const name of ["@aywa-ai/runtime-sdk", "@aywa-ai/runtime-local"]) {
  const { exports } = JSON.parse(readFileSync("node_modules/" + name + "/package.json", "utf8"))
  for (const entry of Object.keys(exports)) {
    if (entry === "./package.json" || entry === "./bin") continue
    look(name + entry.slice(1), await import(name + entry.slice(1)), true)
  }
}
if (classes < 40) throw new Error("found " + classes + " classes only")
const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", retries: 0 })
const error = await aywa.assistants.list().then(() => undefined, (error) => error)
if (!inspect(error).startsWith("ConnectionError: ")) throw new Error(inspect(error))
const lines = []
pino({}, { write: (line) => lines.push(line) }).error(error)
if (JSON.parse(lines[0]).err.type !== "ConnectionError") throw new Error(lines[0])
`

/** Ends with an error of the client. */
export const uncaught = `import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
await new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", retries: 0 }).assistants.list()
`

/** CommonJS takes every entry, and those that stand on one another. */
export const requires = `const { readFileSync } = require("node:fs")
for (const name of ["@aywa-ai/runtime-sdk", "@aywa-ai/runtime-local"]) {
  const { exports } = JSON.parse(readFileSync("node_modules/" + name + "/package.json", "utf8"))
  for (const entry of Object.keys(exports)) {
    if (entry === "./bin") continue
    const value = require(name + entry.slice(1))
    if (Object.keys(value).length === 0) throw new Error(name + entry.slice(1) + " exports nothing")
  }
}
void (async () => {
  const test = await require("@aywa-ai/runtime-sdk/testing").startTestRuntime({ rows: { assistants: [{ name: "One" }] } })
  if ((await test.aywa.assistants.list()).items.length !== 1) throw new Error("expected the seeded row")
  await test.close()
})()
`

/** Opening a database must fail with exactly one line. */
export const opensDatabase = `import { openDatabase } from "@aywa-ai/runtime-migration"
const [, , url, line] = process.argv
const error = await openDatabase(url).then(() => undefined, (error) => error)
if (error?.message !== line) throw new Error("expected " + line, { cause: error })
`

/** Every entry of Effect in one bundle; no await at the top, which CommonJS could not have. */
export const bundled = `import * as Effect from "effect/Effect"
import { Assistants, AywaRuntime } from "@aywa-ai/runtime-sdk/effect"
import * as contract from "@aywa-ai/runtime-sdk/contract"
import * as inbox from "@aywa-ai/runtime-sdk/inbox"
import * as tools from "@aywa-ai/runtime-sdk/tools/effect"
import * as client from "@aywa-ai/runtime-sdk/http-client"
import * as http from "@aywa-ai/runtime-sdk/webhooks/http"
if ([contract, inbox, tools, client, http].some((entry) => Object.keys(entry).length === 0)) throw new Error("empty entry")
Effect.flatMap(Assistants.Assistants, (assistants) => assistants.list({ limit: 1 })).pipe(
  Effect.provide(AywaRuntime.layerConfig()),
  Effect.runPromise
).then(({ items }) => { if (items.length > 1) throw new Error("expected at most one") })
`
