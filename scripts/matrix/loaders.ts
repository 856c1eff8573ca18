/**
 * The packed SDK where other tools load it: CommonJS with TypeScript, a test runner, a runner of TypeScript, two bundlers.
 * Part of the matrix.
 */
import { join } from "node:path"
import * as programs from "./programs.ts"
import { project, run } from "./projects.ts"

type Row = (what: string, check: () => Promise<unknown>) => Promise<void>

const rollup = `import commonjs from "@rollup/plugin-commonjs"
import resolve from "@rollup/plugin-node-resolve"

export default {
  input: "main.mjs",
  output: { file: "out.rollup.mjs", format: "es" },
  external: /^node:/,
  plugins: [resolve({ preferBuiltins: true }), commonjs()]
}
`

const webpack = `module.exports = {
  mode: "production",
  target: "node22",
  entry: "./main.cjs",
  output: { path: __dirname, filename: "out.webpack.cjs" }
}
`

/** `nodenext` resolves a CommonJS file as `node16` does. */
const tsconfig = JSON.stringify({
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2023", "DOM", "ESNext.Disposable"],
    module: "node16",
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ["node"]
  },
  files: ["types.cts"]
})

/** Installs the tools beside the SDK, and loads it with each of them. */
export const loaderRows = async (row: Row, sdk: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const folder = await project(
    "loaders",
    {
      "@aywa-ai/runtime-sdk": sdk,
      "@rollup/plugin-commonjs": "28",
      "@rollup/plugin-node-resolve": "16",
      "@types/node": "24.19.2",
      jest: "30",
      rollup: "4",
      ts59: "npm:typescript@~5.9",
      tsx: "4",
      webpack: "5",
      "webpack-cli": "6"
    },
    {
      "main.cjs": programs.commonJs,
      "main.mjs": programs.esm,
      "main.ts": programs.typescript,
      "calls.test.cjs": programs.jest,
      "types.cts": programs.commonJsTypes,
      "tsconfig.json": tsconfig,
      "rollup.config.mjs": rollup,
      "webpack.config.cjs": webpack
    }
  )
  const bin = (name: string): string => join(folder, "node_modules/.bin", name)
  await row("TypeScript 5.9, node16 in CommonJS, skipLibCheck false", () =>
    run(process.execPath, [join(folder, "node_modules/ts59/bin/tsc"), "-p", "tsconfig.json"], folder)
  )
  await row("Jest, CommonJS", () => run(bin("jest"), ["--testMatch", "**/*.test.cjs", "--silent"], folder, env))
  await row("tsx", () => run(bin("tsx"), ["main.ts"], folder, env))
  await row("bundled by Rollup", async () => {
    await run(bin("rollup"), ["-c", "rollup.config.mjs", "--silent"], folder)
    await run(process.execPath, ["out.rollup.mjs"], folder, env)
  })
  await row("bundled by webpack, from CommonJS", async () => {
    await run(bin("webpack"), ["-c", "webpack.config.cjs"], folder)
    await run(process.execPath, ["out.webpack.cjs"], folder, env)
  })
}
