import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { defineConfig } from "vitest/config"
import { bundle } from "./packages/runtime-sdk/scripts/bundle.ts"
import { tested } from "./scripts/packages.ts"

const project = (name: string) => ({
  name,
  root: new URL(`./packages/${name}`, import.meta.url).pathname,
  include: ["test/**/*.test.ts"],
  // Many tests start processes, which takes seconds each on a loaded machine.
  testTimeout: 90_000,
  hookTimeout: 60_000,
  // What is waited for comes, late on a loaded machine; what does not come fails all the same.
  expect: { poll: { timeout: 20_000 } }
})

/** Gives tests the promise client as it ships, in one file, where they import its source. */
const shipped = {
  name: "shipped",
  async load(id: string) {
    if (!id.endsWith("/runtime-sdk/src/index.ts")) return undefined
    const folder = mkdtempSync(join(tmpdir(), "aywa-sdk-"))
    try {
      await bundle(["index"], folder)
      return readFileSync(join(folder, "index.js"), "utf8")
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

// One vitest project per package; each test file runs in its own worker, and nothing here may reach beyond loopback.
export default defineConfig({
  test: {
    reporters: ["default"],
    // Most of the time tests wait for processes and clocks; by default two cores would get one worker.
    maxWorkers: 3,
    projects: [
      // The command line is tested as it ships: bundled, in a process of its own.
      ...tested.map(({ name, folder }) => ({
        test: {
          ...project(name),
          // Their files have no state of their own, and loading the SDK for each is half of what they cost.
          isolate: !["runtime-config", "runtime-mcp"].includes(name),
          ...(existsSync(join(folder, "test/globalSetup.ts")) && { globalSetup: "test/globalSetup.ts" })
        }
      })),
      { test: { ...project("scripts"), root: new URL("./scripts", import.meta.url).pathname } },
      {
        plugins: [shipped],
        test: {
          ...project("runtime-sdk"),
          name: "runtime-sdk-shipped",
          // Kept by the text of `index.ts` alone, the bundle would be that of an earlier run.
          fsModuleCache: false,
          include: ["test/{client,errors,files,lists,retries,waiting}.test.ts"]
        }
      }
    ]
  }
})
