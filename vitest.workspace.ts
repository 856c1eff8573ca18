import { defineConfig } from "vitest/config"

// One vitest project per package; each test file runs in its own worker, and nothing here may reach beyond loopback.
export default defineConfig({
  test: {
    reporters: ["default"],
    projects: ["runtime-sdk", "runtime-local"].map((name) => ({
      test: {
        name,
        root: new URL(`./packages/${name}`, import.meta.url).pathname,
        include: ["test/**/*.test.ts"],
        testTimeout: 30_000
      }
    }))
  }
})
