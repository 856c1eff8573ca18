import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
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
    expect([missing.stderr, missing.code]).toEqual(["", 1])
    expect(missing.json).toMatchObject({ aligned: false, findings: [{ _tag: "Missing", name: "lookupOrder" }] })
    const asked = await run(["tools", "align", "--toolkit", file, ...server, "--apply"], { env })
    expect([asked.code, runtime.count("tools")]).toEqual([2, 0])
    const applied = await run(["tools", "align", "--toolkit", file, ...server, "--apply", "--yes"], { env })
    expect([applied.code, applied.json.created]).toEqual([0, ["lookupOrder"]])
    expect((await run(["tools", "align", "--toolkit", file, ...server], { env })).code).toBe(0)
    const drift = await run(["tools", "align", "--toolkit", toolkit("Finds it", "toolkit"), ...server, "--no-json"], {
      env
    })
    expect(drift.code).toBe(1)
    expect(drift.stdout).toMatch(/^drifted {2}lookupOrder .*description is "Finds an order", should be "Finds it"\n$/)
  })

  it("takes a named export, and says what a module does not have", async () => {
    const { env } = await startRuntime()
    const file = toolkit("Finds", "mine")
    expect((await run(["tools", "align", "--toolkit", file, ...server, "--export", "mine"], { env })).code).toBe(1)
    const other = await run(["tools", "align", "--toolkit", file, ...server, "--export", "other", "--json"], { env })
    expect([other.code, errorOf(other).message]).toEqual([
      2,
      expect.stringContaining("exports no toolkit called other")
    ])
    const nowhere = await run(["tools", "align", "--toolkit", "./nowhere.ts", ...server, "--json"], { env })
    expect(errorOf(nowhere).message).toBe("There is no module ./nowhere.ts.")
    const broken = join(temporaryFolder(), "broken.ts")
    writeFileSync(broken, "export default nothingAtAll\n")
    expect(errorOf(await run(["tools", "align", "--toolkit", broken, ...server, "--json"], { env })).message).toContain(
      "nothingAtAll is not defined"
    )
  })

  it("Ctrl-C ends it while the runtime does not answer", async () => {
    const { runtime, env } = await startRuntime()
    runtime.faults.add({ action: "stall" })
    const running = launch(["tools", "align", "--toolkit", toolkit(), ...server], { env })
    await expect.poll(() => runtime.requests().length, { timeout: 15_000 }).toBe(1)
    running.child.kill("SIGINT")
    expect((await running.done).code).toBe(130)
  })

  it("refuses a server address that the runtime cannot reach, before anything is sent", async () => {
    const { runtime, env } = await startRuntime()
    const result = await run(["tools", "align", "--toolkit", toolkit(), "--server-url", "localhost:3000", "--json"], {
      env
    })
    expect([result.code, errorOf(result).code]).toEqual([2, "ToolDefinitionError"])
    expect(runtime.requests().filter(({ method }) => method !== "GET")).toEqual([])
  })
})
