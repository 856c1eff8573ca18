/** Every fault of the local runtime, as each transport sees it: the error, and whether the create was made. */
import { startLocalRuntime, type LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import { assert, describe, it } from "vitest"
import { AywaRuntimeClient } from "../src/index.ts"
import { tagOf } from "./support/server.ts"

type Input = Parameters<LocalRuntimeHandle["faults"]["next"]>[0]
type Row = readonly [action: Input, when: "before" | "after", tag: string, outcome: string | undefined]

const lost = "maybe-applied"
const matrix: ReadonlyArray<Row> = [
  ["reset", "before", "ConnectionError", lost],
  ["reset", "after", "ConnectionError", lost],
  ["close", "before", "ConnectionError", lost],
  ["close", "after", "ConnectionError", lost],
  ["stall", "before", "AywaTimeoutError", lost],
  ["stall", "after", "AywaTimeoutError", lost],
  ["truncate", "after", "ConnectionError", lost],
  ["chunk-cut", "after", "ConnectionError", lost],
  ["malformed-chunk", "after", "ConnectionError", lost],
  ["bad-gzip", "after", "UnexpectedResponse", lost],
  ["html", "before", "ServerError", lost],
  ["html", "after", "ServerError", lost],
  ["invalid-json", "after", "UnexpectedResponse", lost],
  ["missing-field", "after", "UnexpectedResponse", lost],
  ["empty", "after", "UnexpectedResponse", lost],
  [{ type: "redirect", to: "http://127.0.0.1:9/stolen" }, "before", "UnexpectedResponse", lost],
  [{ type: "status", code: 429 }, "before", "RateLimited", "rejected"],
  [{ type: "status", code: 429 }, "after", "RateLimited", lost],
  [{ type: "status", code: 500 }, "before", "ServerError", lost],
  [{ type: "status", code: 503 }, "after", "ServerError", lost],
  [{ type: "status", code: 400 }, "before", "InvalidRequest", "rejected"],
  [{ type: "latency", ms: 5000 }, "before", "AywaTimeoutError", lost],
  [{ type: "dribble", bytesPerSecond: 20 }, "after", "AywaTimeoutError", lost],
  ["unknown-enum", "after", "ok", undefined],
  ["extra-fields", "after", "ok", undefined],
  ["duplicate-headers", "after", "ok", undefined]
]

for (const transport of ["auto", "fetch"] as const) {
  describe(`over ${transport === "auto" ? "the dispatcher" : "fetch"}`, () => {
    for (const [action, when, tag, outcome] of matrix) {
      const name = typeof action === "string" ? action : Object.values(action).join(" ")
      it(`${name} ${when} the commit: ${tag}${outcome === undefined ? "" : `, ${outcome}`}`, async () => {
        // One of its own: a late request of the row before is still worked on.
        await using runtime = await startLocalRuntime()
        await using aywa = new AywaRuntimeClient({
          baseUrl: runtime.baseUrl,
          apiKey: runtime.apiKey,
          transport,
          retries: 0,
          // Long where no timeout is what is looked for: a loaded machine is no fault.
          timeout: tag === "AywaTimeoutError" ? 1000 : 20_000
        })
        runtime.faults.next(action, { when })
        const error = await tagOf(aywa.assistants.create({ name: "x" }))
        const made = runtime.count("assistants")
        assert.strictEqual(error === undefined ? "ok" : Reflect.get(Object(error), "_tag"), tag)
        assert.strictEqual(error === undefined ? undefined : Reflect.get(Object(error), "outcome"), outcome)
        assert.strictEqual(made, when === "after" ? 1 : 0)
        // A read can never have been applied.
        runtime.faults.next(action, { when })
        const read = await tagOf(aywa.assistants.list({ limit: 1 }))
        if (read !== undefined) assert.strictEqual(Reflect.get(Object(read), "outcome"), "rejected")
      })
    }
  })
}
