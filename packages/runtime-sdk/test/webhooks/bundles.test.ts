/** What goes into the one-file entries of webhooks. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "vitest"
import { bundle } from "../../scripts/bundle.ts"

it("the adapters take the verifier from the public entry, and carry no copy of it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-webhooks-"))
  try {
    const { inputs, outputs } = await bundle(["webhooks/handlers"], folder)
    const files = Object.keys(inputs).map((file) => file.slice(file.lastIndexOf("/") + 1))
    assert.include(files, "receiver.ts")
    assert.notInclude(files, "scheme.ts")
    const [output] = Object.values(outputs)
    const external = output?.imports.map(({ path }) => path).filter((path) => !path.startsWith("node:"))
    // And nothing twice that tools have as well.
    assert.deepStrictEqual([...new Set(external)].toSorted(), [
      "../config/callbacks.js",
      "../webhooks.js",
      "./handling/jsonIssues.js",
      "./handling/outcome.js",
      "./handling/within.js",
      "./lines.js"
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
