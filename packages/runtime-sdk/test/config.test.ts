import { createServer } from "node:net"
import { inspect } from "node:util"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe, it } from "@effect/vitest"
import { AywaRuntimeClient, ConfigError } from "../src/index.ts"
import * as Assistants from "../src/effect/Assistants.ts"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import * as RuntimeConfig from "../src/config/RuntimeConfig.ts"
import { json, serve, serveScoped, tagOf } from "./support/server.ts"

const key = "canary-key-4711"

const construct = (options: unknown): unknown => {
  try {
    return new AywaRuntimeClient(options as never)
  } catch (error) {
    return error
  }
}

// A socket spy: nothing may connect while configuration is refused.
const connected: Array<unknown> = []
const { connect } = (await import("node:net")).Socket.prototype
;(await import("node:net")).Socket.prototype.connect = function (this: object, ...args: Array<unknown>) {
  connected.push(args)
  return Reflect.apply(connect, this, args)
} as typeof connect

describe("baseUrl", () => {
  const refused: ReadonlyArray<readonly [name: string, baseUrl: unknown, says: RegExp]> = [
    ["undefined", undefined, /missing/],
    ["null", null, /missing/],
    ["empty", "", /empty/],
    ["spaces", "   ", /empty/],
    ["a number", 7, /must be a string/],
    ["no scheme", "localhost:3000", /absolute URL/],
    ["ftp", "ftp://localhost/x", /absolute URL/],
    ["scheme-relative", "//localhost", /absolute URL/],
    ["relative", "/api", /absolute URL/],
    ["no host", "http://", /cannot|not a URL/],
    ["user info", `https://user:${key}@localhost`, /user name or password/],
    ["query", `https://localhost/?key=${key}`, /query/],
    ["empty query", "https://localhost/?", /query/],
    ["fragment", "https://localhost/#f", /fragment/],
    ["plain http to a public host", "http://runtime.example.com", /plain http/],
    ["the control plane", "https://app.aywaruntime.com", /control plane/],
    ["the install host", "https://install.aywaruntime.com/x", /control plane/],
    ["the control plane in capitals", "https://APP.AywaRuntime.COM.", /control plane/]
  ]
  for (const [name, baseUrl, says] of refused) {
    it(`refuses ${name}, names field, variable and fix, and sends nothing`, () => {
      const before = connected.length
      const error = construct({ baseUrl, apiKey: key })
      assert.instanceOf(error, ConfigError)
      assert.strictEqual(error.field, "baseUrl")
      assert.strictEqual(error.variable, "AYWA_RUNTIME_BASE_URL")
      assert.match(error.message, says)
      assert.match(error.message, /Set |Take|Use /)
      assert.notInclude(inspect(error, { depth: 10, showHidden: true }), key)
      assert.strictEqual(connected.length, before)
    })
  }

  for (const [baseUrl, target] of [
    ["http://127.0.0.1:1/", "/assistant"],
    ["http://localhost:1", "/assistant"],
    ["http://[::1]:1", "/assistant"],
    ["http://127.0.0.1:1/prefix", "/prefix/assistant"],
    ["http://127.0.0.1:1/prefix/", "/prefix/assistant"],
    ["http://127.0.0.1:1/a//b//", "/a/b/assistant"]
  ] as const) {
    it(`keeps the base path of ${baseUrl}`, () => {
      const config = RuntimeConfig.makeUnsafe({ baseUrl, apiKey: key })
      assert.strictEqual(`${config.basePath}/assistant`, target)
    })
  }

  it("allows plain http to a private network when asked to", () => {
    assert.instanceOf(
      construct({ baseUrl: "http://runtime.internal", apiKey: key, allowInsecure: true }),
      AywaRuntimeClient
    )
  })
})

describe("apiKey and organizationId", () => {
  const refused: ReadonlyArray<readonly [name: string, apiKey: unknown]> = [
    ["undefined", undefined],
    ["null", null],
    ["empty", ""],
    ["spaces", "  "],
    ["a newline", `${key}\n`],
    ["an embedded CRLF", `${key}\r\nx: y`],
    ["a zero-width space", `${key}\u200b`],
    ["a smart quote", `\u201c${key}\u201d`],
    ["an object", { key }]
  ]
  for (const [name, apiKey] of refused) {
    it(`refuses a key that is or has ${name}, without showing it`, () => {
      const before = connected.length
      const error = construct({ baseUrl: "http://127.0.0.1:1", apiKey })
      assert.instanceOf(error, ConfigError)
      assert.strictEqual(error.field, "apiKey")
      assert.include(error.message, "AYWA_RUNTIME_API_KEY")
      assert.notInclude(inspect(error, { depth: 10, showHidden: true }), key)
      assert.notInclude(JSON.stringify(error), key)
      assert.strictEqual(connected.length, before)
    })
  }

  it("says which character of a key is wrong, by index", () => {
    const error = construct({ baseUrl: "http://127.0.0.1:1", apiKey: "abc\u200bdef" })
    assert.match(String(error), /U\+200B at index 3/)
  })

  const mistaken: ReadonlyArray<readonly [says: RegExp, values: ReadonlyArray<string>]> = [
    [/quotes/, [`"${key}"`, `'${key}'`, `"${key}`, `${key}"`, `“${key}”`]],
    [
      /missing value/,
      [
        "undefined",
        "null",
        "NaN",
        "None",
        "false",
        "[object Object]",
        "[object Promise]",
        "https://undefined",
        "http://null:80/x"
      ]
    ],
    [
      /NAME=/,
      [
        `AYWA_RUNTIME_API_KEY=${key}`,
        `export AYWA_RUNTIME_API_KEY=${key}`,
        `ORG_ID=${key}`,
        `api_key=${key}`,
        `apiKey = ${key}`
      ]
    ],
    [
      /nobody filled in/,
      [
        "${AYWA_RUNTIME_API_KEY}",
        "$AYWA_KEY",
        "%AYWA_KEY%",
        "{{ key }}",
        "${KEY:-}",
        "https://${HOST}/x",
        "process.env.KEY"
      ]
    ],
    [/placeholder/, ["<your-key>", "your-api-key", "YOUR_API_KEY", "changeme", "replace-me", "xxxx", "[key]"]],
    [/shortened or masked/, ["sk_live_...", "sk_…", "...", "sk_live_****4711"]],
    [/byte order mark/, [`\uFEFF${key}`]]
  ]
  for (const [says, values] of mistaken) {
    for (const value of values) {
      it(`names what ${JSON.stringify(value)} is, as key, address and organization`, () => {
        const good = { baseUrl: "http://127.0.0.1:1", apiKey: key }
        for (const field of ["apiKey", "baseUrl", "organizationId"] as const) {
          const error = construct({ ...good, [field]: value })
          assert.instanceOf(error, ConfigError, field)
          assert.strictEqual(error.field, field)
          assert.match(error.message, says)
          assert.notInclude(error.message, key)
        }
      })
    }
  }

  it("names a header's name and scheme before a key", () => {
    for (const apiKey of [`Bearer ${key}`, `Authorization: Bearer ${key}`, `x-api-key: ${key}`]) {
      assert.match(String(construct({ baseUrl: "http://127.0.0.1:1", apiKey })), /without Bearer/)
    }
  })

  it("takes keys and ids that only look a little like a mistake", () => {
    for (const value of [
      "k",
      "sk=a=b==",
      "null_org",
      "my-org",
      "it's",
      "a$b",
      "%41",
      "a.b...c",
      "undefined-1",
      "apikey=",
      "my_key==",
      "nullable"
    ]) {
      const client = construct({ baseUrl: "http://127.0.0.1:1", apiKey: value, organizationId: value })
      assert.instanceOf(client, AywaRuntimeClient, value)
    }
  })

  it("says where a variable went whose name has a byte order mark", () => {
    const marked = "\uFEFFAYWA_RUNTIME_BASE_URL"
    process.env[marked] = "http://127.0.0.1:1"
    try {
      assert.match(String(construct({ baseUrl: undefined, apiKey: key })), /byte order mark before its name/)
    } finally {
      Reflect.deleteProperty(process.env, marked)
    }
  })

  it("refuses an organization of spaces, which is no organization", () => {
    const error = construct({ baseUrl: "http://127.0.0.1:1", apiKey: key, organizationId: " " })
    assert.instanceOf(error, ConfigError)
    assert.match(error.message, /blank/)
  })

  it("refuses an organization with a line break and takes an empty one as none", () => {
    const error = construct({ baseUrl: "http://127.0.0.1:1", apiKey: key, organizationId: "org\nx" })
    assert.instanceOf(error, ConfigError)
    assert.strictEqual(error.field, "organizationId")
    assert.instanceOf(construct({ baseUrl: "http://127.0.0.1:1", apiKey: key, organizationId: "" }), AywaRuntimeClient)
  })

  it("shows no key when a client, a config or a service is printed", async () => {
    const client = construct({ baseUrl: "http://127.0.0.1:1", apiKey: key })
    const config = RuntimeConfig.makeUnsafe({ baseUrl: "http://127.0.0.1:1", apiKey: key })
    for (const value of [client, config, (client as AywaRuntimeClient).assistants]) {
      assert.notInclude(inspect(value, { depth: 10, showHidden: true }), key)
      assert.notInclude(JSON.stringify(value) ?? "", key)
    }
    assert.notInclude(inspect(structuredClone(client), { depth: 10, showHidden: true }), key)
  })

  it("refuses default headers that would change who asks", () => {
    for (const name of ["Authorization", "x-api-key", "Idempotency-Key"]) {
      const error = construct({ baseUrl: "http://127.0.0.1:1", apiKey: "k", headers: { [name]: key } })
      assert.instanceOf(error, ConfigError)
      assert.notInclude(inspect(error), key)
    }
  })
})

it.each(["timeout", "deadline"])("%s as text, as an environment variable has it, is refused by name", (field) => {
  const error = construct({ baseUrl: "http://127.0.0.1:1", apiKey: key, [field]: "30000" })
  assert.instanceOf(error, ConfigError)
  assert.strictEqual(error.field, field)
})

describe("environment", () => {
  /** What a client is made into where a platform has other globals. */
  const constructWith = (globals: ReadonlyArray<readonly [target: object, name: string, value: unknown]>): unknown => {
    const before = globals.map(([target, name]) => Object.getOwnPropertyDescriptor(target, name))
    for (const [target, name, value] of globals) Object.defineProperty(target, name, { value, configurable: true })
    try {
      return construct({ baseUrl: "http://127.0.0.1:1", apiKey: key })
    } finally {
      for (const [index, [target, name]] of globals.entries()) {
        const own = before[index]
        if (own === undefined) Reflect.deleteProperty(target, name)
        else Object.defineProperty(target, name, own)
      }
    }
  }
  // Bundlers put such a `process` into what they make for browsers.
  const elsewhere = [process, "versions", {}] as const
  const page = [globalThis, "window", { document: {} }] as const

  it.each([
    ["a browser", [elsewhere, page]],
    ["a mobile app", [elsewhere, [globalThis, "navigator", { product: "ReactNative" }]]],
    ["a web worker", [elsewhere, [globalThis, "importScripts", () => undefined]]],
    ["a window of Electron", [[process, "type", "renderer"], page]]
  ] as const)("refuses %s", (_, globals) => assert.match(String(constructWith(globals)), /backend code only/))
})

describe("in Effect programs", () => {
  const list = Effect.gen(function* () {
    return yield* (yield* Assistants.Assistants).list()
  })

  it.effect("a wrong address is a ConfigError in the error channel", () =>
    Effect.gen(function* () {
      const layer = AywaRuntime.layer({ baseUrl: "", apiKey: Redacted.make(key) })
      assert.instanceOf(yield* Effect.flip(Effect.provide(list, layer)), ConfigError)
    })
  )

  const wrong: ReadonlyArray<readonly [string, object]> = [
    ["baseUrl", { baseUrl: undefined }],
    ["apiKey", { apiKey: undefined }],
    ["connections", { connections: 0 }],
    ["transport", { transport: "x" }],
    ["headers.authorization", { headers: { authorization: "x" } }]
  ]
  it.effect.each(wrong)("a wrong %s is refused by the layer as by the client", ([field, option]) =>
    Effect.gen(function* () {
      const layer = AywaRuntime.layer({ baseUrl: "http://127.0.0.1:1", apiKey: key, ...option })
      const error = yield* Effect.flip(Effect.provide(list, layer))
      assert.instanceOf(error, ConfigError)
      assert.strictEqual(error.field, field)
    })
  )

  it.live("layerConfig reads values from where it is told", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, response) => json(response, 200, []))
      const env = { TENANT_URL: server.baseUrl, TENANT_KEY: key, TENANT: "org_2" }
      const layer = AywaRuntime.layerConfig({
        baseUrl: Config.String("TENANT_URL"),
        apiKey: Config.Redacted("TENANT_KEY"),
        organizationId: Config.String("TENANT")
      })
      yield* Effect.provide(list, Layer.provide(layer, ConfigProvider.layer(ConfigProvider.fromUnknown(env))))
      assert.deepInclude(server.seen[0]?.headers, { authorization: `Bearer ${key}`, "x-organization-id": "org_2" })
    })
  )

  it("layerConfig reads the three variables, and says which one is missing", async () => {
    await using server = await serve((_, response) => json(response, 200, []))
    const run = (env: Record<string, string>) =>
      Effect.runPromise(
        Effect.provide(
          list,
          Layer.provide(AywaRuntime.layerConfig(), ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
        )
      )
    await run({
      AYWA_RUNTIME_BASE_URL: `${server.baseUrl}/base`,
      AYWA_RUNTIME_API_KEY: key,
      AYWA_RUNTIME_ORGANIZATION_ID: "org_1"
    })
    assert.strictEqual(server.seen[0]?.url, "/base/assistant")
    assert.deepInclude(server.seen[0]?.headers, { authorization: `Bearer ${key}`, "x-organization-id": "org_1" })
    const missing = await tagOf(run({ AYWA_RUNTIME_API_KEY: key }))
    assert.match(String(missing), /AYWA_RUNTIME_BASE_URL/)
    const noKey = await tagOf(run({ AYWA_RUNTIME_BASE_URL: "http://127.0.0.1:1" }))
    assert.match(String(noKey), /AYWA_RUNTIME_API_KEY/)
  })
})

it("the socket spy sees connections when there are some", async () => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const client = new AywaRuntimeClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: key, retries: 0 })
  const before = connected.length
  await tagOf(client.assistants.list())
  assert.isAbove(connected.length, before)
  server.close()
})
