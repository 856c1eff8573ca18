import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { errorOf, launch, run, startRuntime, temporaryFolder } from "./support.ts"

const sdk = new URL("../../runtime-sdk/src/tools/effect.ts", import.meta.url).href
const effect = import.meta.resolve("effect/Schema")

/** A module as a user has it: TypeScript, run by Node as it is. */
const toolkit = (description = "Finds an order", name = "default") => {
  const file = join(temporaryFolder(), "tools.ts")
  writeFileSync(
    file,
    `import { Tool, Toolkit } from ${JSON.stringify(sdk)}
import * as Schema from ${JSON.stringify(effect)}
interface Order { readonly id: string }
const kit = Toolkit.make(
  Tool.make("lookupOrder", {
    description: ${JSON.stringify(description)},
    parameters: Schema.Struct({ orderId: Schema.String }),
    execute: ({ orderId }): Order => ({ id: orderId })
  })
)
${name === "default" ? "export default kit" : `export const ${name} = kit\nexport const other = 1`}
`
  )
  return file
}

const server = ["--server-url", "https://app.example/webhooks"]

describe("tools align", () => {
  it("goes from missing over applied to aligned, and finds drift", async () => {
    const { runtime, env } = await startRuntime()
    const file = toolkit()
    const missing = await run(["tools", "align", "--toolkit", file, ...server], { env })
    assert.deepStrictEqual([missing.stderr, missing.code], ["", 1])
    assertMatches(missing.json, { aligned: false, findings: [{ _tag: "Missing", name: "lookupOrder" }] })
    const asked = await run(["tools", "align", "--toolkit", file, ...server, "--apply"], { env })
    assert.deepStrictEqual([asked.code, runtime.count("tools")], [2, 0])
    const applied = await run(["tools", "align", "--toolkit", file, ...server, "--apply", "--yes"], { env })
    assert.deepStrictEqual([applied.code, applied.json.created], [0, ["lookupOrder"]])
    assert.strictEqual((await run(["tools", "align", "--toolkit", file, ...server], { env })).code, 0)
    const drift = await run(["tools", "align", "--toolkit", toolkit("Finds it", "toolkit"), ...server, "--no-json"], {
      env
    })
    assert.strictEqual(drift.code, 1)
    assert.match(drift.stdout, /^drifted {2}lookupOrder .*description is "Finds an order", should be "Finds it"\n$/)
  })

  it("takes a named export, and says what a module does not have", async () => {
    const { env } = await startRuntime()
    const file = toolkit("Finds", "mine")
    assert.strictEqual(
      (await run(["tools", "align", "--toolkit", file, ...server, "--export", "mine"], { env })).code,
      1
    )
    const other = await run(["tools", "align", "--toolkit", file, ...server, "--export", "other", "--json"], { env })
    assertMatches([other.code, errorOf(other).message], [2, /exports no toolkit called other/])
    const nowhere = await run(["tools", "align", "--toolkit", "./nowhere.ts", ...server, "--json"], { env })
    assert.strictEqual(errorOf(nowhere).message, "There is no module ./nowhere.ts.")
    const broken = join(temporaryFolder(), "broken.ts")
    writeFileSync(broken, "export default nothingAtAll\n")
    assert.include(
      errorOf(await run(["tools", "align", "--toolkit", broken, ...server, "--json"], { env })).message,
      "nothingAtAll is not defined"
    )
  })

  it("Ctrl-C ends it while the runtime does not answer", async () => {
    const { runtime, env } = await startRuntime()
    runtime.faults.add({ action: "stall" })
    const running = launch(["tools", "align", "--toolkit", toolkit(), ...server], { env })
    await eventually(() => assert.strictEqual(runtime.requests().length, 1), 15_000)
    running.child.kill("SIGINT")
    assert.strictEqual((await running.done).code, 130)
  })

  it("refuses a server address that the runtime cannot reach, before anything is sent", async () => {
    const { runtime, env } = await startRuntime()
    const result = await run(["tools", "align", "--toolkit", toolkit(), "--server-url", "localhost:3000", "--json"], {
      env
    })
    assert.deepStrictEqual([result.code, errorOf(result).code], [2, "ToolDefinitionError"])
    assert.deepStrictEqual(
      runtime.requests().filter(({ method }) => method !== "GET"),
      []
    )
  })
})
