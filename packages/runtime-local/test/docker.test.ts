/**
 * The container, as far as it can be looked at without a daemon: the files are linted, and what the image starts with is
 * started here, on a port and a file of the test's own.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as http from "node:http"
import { validate, ValidationSeverity } from "dockerfile-utils"
import { assert, describe, it } from "vitest"
import { parse } from "yaml"
import { readOptions } from "../src/commandLine.ts"
import { start, temporaryFile } from "./support.ts"

const read = (name: string) => fs.readFileSync(new URL(`../docker/${name}`, import.meta.url), "utf8")
const dockerfile = read("Dockerfile")

/** The words of an instruction in its JSON form. */
const words = (instruction: string): ReadonlyArray<string> => {
  const json = new RegExp(`^${instruction} .*?(\\[.*\\])$`, "m").exec(dockerfile)?.[1]
  return JSON.parse(json ?? "[]")
}

const severities = { deprecatedMaintainer: ValidationSeverity.ERROR, directiveCasing: ValidationSeverity.ERROR }

describe("the Dockerfile", () => {
  it("has nothing that a linter complains about, and the linter sees what is wrong", () => {
    assert.deepStrictEqual(validate(dockerfile, severities), [])
    assert.lengthOf(validate(dockerfile.replace("USER node", "USR node"), severities), 1)
  })

  it("runs as nobody in particular, on an image of this Node, and installs no development dependency", () => {
    assert.match(dockerfile, /^USER node$/m)
    assert.match(dockerfile, new RegExp(`^FROM node:${process.versions.node.split(".")[0]}-alpine$`, "m"))
    assert.match(dockerfile, /npm install --global --omit=dev "@aywa-ai\/runtime-cli@\$\{VERSION\}"/)
  })

  it("starts a runtime that is ready, answers to its name among the services and to no other", async () => {
    const [program, command, ...args] = words("ENTRYPOINT")
    assert.deepStrictEqual([program, command], ["aywa-runtime", "local"])
    const options = readOptions(args) ?? {}
    assert.deepStrictEqual(
      [options.host, options.port, options.store],
      ["0.0.0.0", 4010, { file: "/data/runtime.sqlite" }]
    )
    const { runtime } = await start({ ...options, port: 0, store: { file: temporaryFile() } })
    const port = Number(new URL(runtime.baseUrl).port)
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        const request = http.get({ port, host: "127.0.0.1", path: "/readyz", headers: { host } }, ({ statusCode }) =>
          resolve(statusCode)
        )
        request.on("error", reject)
      })
    assert.deepStrictEqual(
      [await status("runtime:4010"), await status("172.17.0.2:4010"), await status("evil.example")],
      [200, 200, 421]
    )
    assert.strictEqual(await healthOf(port), 0)
    await runtime.close()
    assert.strictEqual(await healthOf(port), 1)
  })
})

/** The exit code of the image's health check, asked of another port. */
const healthOf = async (port: number): Promise<unknown> => {
  const [program, ...args] = words("HEALTHCHECK")
  assert.strictEqual(program, "node")
  const child = spawn(
    process.execPath,
    args.map((word) => word.replace(":4010/", `:${port}/`)),
    { stdio: "ignore" }
  )
  const [code] = await once(child, "close")
  return code
}

describe("the compose file", () => {
  it("adds options that there are, and opens a port of this machine alone", () => {
    const { services, volumes } = parse(read("compose.yaml"))
    const { build, command, ports, volumes: mounts } = services.runtime
    const options = readOptions(command.map((word: string) => word.replace(/^\$\{.*\}$/, "sk_1"))) ?? {}
    assert.deepStrictEqual([options.apiKey, options.allowTargets], ["sk_1", ["app"]])
    assert.deepStrictEqual(
      [build, ports, mounts, volumes],
      [".", ["127.0.0.1:4010:4010"], ["runtime:/data"], { runtime: null }]
    )
    assert.match(command[1], /^\$\{AYWA_RUNTIME_API_KEY:\?/)
  })
})
