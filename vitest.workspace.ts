import { defineConfig } from "vitest/config"

// One vitest project per package; each test file runs in its own worker, and nothing here may reach beyond loopback.
export default defineConfig({
  test: {
    reporters: ["default"],
    projects: ["runtime-sdk", "runtime-local", "runtime-cli"].map((name) => ({
      test: {
        name,
        // The command line is tested as it ships: bundled, in a process of its own.
        ...(name === "runtime-cli" ? { globalSetup: "test/globalSetup.ts" } : {}),
        root: new URL(`./packages/${name}`, import.meta.url).pathname,
        include: ["test/**/*.test.ts"],
        testTimeout: 30_000
      }
    }))
  }
})
