/**
 * Programs that hold several runtimes at once, made up at random: every request reaches the runtime of its tenant, with
 * that tenant's key and organization.
 *
 * `AYWA_TENANTS=n` sets how many programs run, `AYWA_FIRST_SEED=n` which they are.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as fc from "fast-check"
import { afterAll, assert, beforeAll, it } from "vitest"
import * as Assistants from "../src/effect/Assistants.ts"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import * as Policy from "../src/policy/Policy.ts"
import { json, serve, type Server } from "./support/server.ts"

const programs = Number(process.env["AYWA_TENANTS"] ?? 60)
const seed = Number(process.env["AYWA_FIRST_SEED"] ?? 1)

let servers: ReadonlyArray<Server> = []
beforeAll(async () => {
  servers = await Promise.all(Array.from({ length: 3 }, () => serve((_, response) => json(response, 200, []))))
})
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})

/** Three servers for up to five tenants: some share one, and differ by key or organization alone. */
interface Tenant {
  readonly server: number
  readonly key: string
  readonly organization: string | undefined
}
const tenantOf = (i: number, withOrganization: boolean): Tenant => ({
  server: i % 3,
  key: `key-${i % 4}`,
  organization: withOrganization || i >= 4 ? `org-${i}` : undefined
})

/** What a promise client is changed by on its way to a request. */
type Change = "organization" | "key" | "elsewhere"

/** A part of a program; what it asks is asked of the tenant around it, unless it brings one of its own. */
type Part =
  | { readonly kind: "ask"; readonly organization: boolean }
  | { readonly kind: "layer"; readonly tenant: number; readonly how: number; readonly inner: Part }
  | { readonly kind: "map"; readonly tenant: number; readonly inner: Part }
  | { readonly kind: "value"; readonly tenant: number; readonly inner: Part }
  | { readonly kind: "promise"; readonly tenant: number; readonly changes: ReadonlyArray<readonly [Change, number]> }
  | { readonly kind: "all"; readonly side: boolean; readonly parts: ReadonlyArray<Part> }
  | { readonly kind: "policy"; readonly inner: Part }

const tenant = fc.integer({ min: 0, max: 4 })
const { part } = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constant("ask" as const), organization: fc.boolean() }),
    fc.record({
      kind: fc.constant("promise" as const),
      tenant,
      changes: fc.array(fc.tuple(fc.constantFrom<Change>("organization", "key", "elsewhere"), tenant), { maxLength: 3 })
    }),
    fc.record({ kind: fc.constant("layer" as const), tenant, how: fc.integer({ min: 0, max: 4 }), inner: tie("part") }),
    fc.record({ kind: fc.constant("map" as const), tenant, inner: tie("part") }),
    fc.record({ kind: fc.constant("value" as const), tenant, inner: tie("part") }),
    fc.record({ kind: fc.constant("policy" as const), inner: tie("part") }),
    fc.record({
      kind: fc.constant("all" as const),
      side: fc.boolean(),
      parts: fc.array(tie("part"), { minLength: 1, maxLength: 4 })
    })
  )
}))

/** A program: who its tenants are, and what it does. */
const program = fc.record({
  organizations: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  count: fc.integer({ min: 2, max: 5 }),
  part
})

class Tenants extends LayerMap.Service<Tenants>()("test/Tenants", {
  lookup: (options: string) => AywaRuntime.layer(JSON.parse(options) as AywaRuntime.Options) // What `optionsOf` gave.
}) {}

/** Runs a program, and gives what was asked of whom by the mark of each request. */
const run = async (tenants: ReadonlyArray<Tenant>, whole: Part): Promise<ReadonlyMap<string, Tenant>> => {
  const asked = new Map<string, Tenant>()
  const markOf = (of: Tenant): Record<string, string> => {
    const mark = String(asked.size)
    asked.set(mark, of)
    return { "x-mark": mark }
  }
  const at = (i: number): Tenant => tenants[i % tenants.length] ?? assert.fail("no tenant")
  const optionsOf = ({ server, key, organization }: Tenant) => ({
    baseUrl: servers[server]?.baseUrl ?? "",
    apiKey: key,
    organizationId: organization
  })
  // The same value wherever a tenant is provided: layers are shared by reference.
  const kept = tenants.map((one) => AywaRuntime.layer(optionsOf(one)))
  const fromVariables = (of: Tenant) => {
    const { baseUrl, apiKey, organizationId } = optionsOf(of)
    const env = { AYWA_RUNTIME_BASE_URL: baseUrl, AYWA_RUNTIME_API_KEY: apiKey }
    const more = organizationId === undefined ? {} : { AYWA_RUNTIME_ORGANIZATION_ID: organizationId }
    return AywaRuntime.layerConfig().pipe(
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ...env, ...more } })))
    )
  }
  const layers: ReadonlyArray<(i: number) => Layer.Layer<AywaRuntime.Services, unknown>> = [
    (i) => AywaRuntime.layer(optionsOf(at(i))),
    (i) => kept[i % tenants.length] ?? assert.fail("no layer"),
    (i) => fromVariables(at(i)),
    (i) => AywaRuntime.layerFrom(AywaRuntime.make(optionsOf(at(i)))),
    // A neighbour in the same graph, which the one that is meant stands over.
    (i) => Layer.provideMerge(AywaRuntime.layer(optionsOf(at(i))), AywaRuntime.layer(optionsOf(at(i + 1))))
  ]
  type Step = Effect.Effect<void, unknown, AywaRuntime.Services | Tenants>
  const effectOf = (part: Part, around: Tenant): Step => {
    switch (part.kind) {
      case "ask":
        return Effect.gen(function* () {
          const assistants = yield* Assistants.Assistants
          const of = part.organization ? { ...around, organization: "org-of-the-call" } : around
          const organizationId = part.organization ? of.organization : undefined
          yield* assistants.list({}, { headers: markOf(of), organizationId })
        })
      case "layer":
        return Effect.provide(
          effectOf(part.inner, at(part.tenant)),
          layers[part.how]?.(part.tenant) ?? assert.fail("no way")
        )
      case "map":
        return Effect.provide(
          effectOf(part.inner, at(part.tenant)),
          Tenants.get(JSON.stringify(optionsOf(at(part.tenant))))
        )
      case "value":
        return Effect.scoped(
          Effect.gen(function* () {
            const client = yield* AywaRuntime.make(optionsOf(at(part.tenant)))
            yield* client.assistants.list({}, { headers: markOf(at(part.tenant)) })
            yield* effectOf(part.inner, around)
          })
        )
      case "promise":
        return Effect.promise(() => promised(at(part.tenant), part.changes))
      case "policy":
        return Policy.with(effectOf(part.inner, around), Policy.noRetry)
      case "all":
        return Effect.forEach(part.parts, (one) => effectOf(one, around), {
          concurrency: part.side ? "unbounded" : 1,
          discard: true
        })
    }
  }
  const promised = async (first: Tenant, changes: ReadonlyArray<readonly [Change, number]>): Promise<void> => {
    await using base = new AywaRuntimeClient(optionsOf(first))
    let aywa = base
    let of = first
    for (const [change, i] of changes) {
      const to = at(i)
      const options = optionsOf(to)
      if (change === "organization") {
        aywa = aywa.withOptions({ organizationId: `derived-${i}` })
        of = { ...of, organization: `derived-${i}` }
      } else if (change === "key") {
        aywa = aywa.withOptions({ apiKey: to.key })
        of = { ...of, key: to.key }
      } else {
        aywa = aywa.withOptions({ baseUrl: options.baseUrl, apiKey: options.apiKey })
        // Another address takes no organization along; the same one keeps it.
        of = { server: to.server, key: to.key, organization: to.server === of.server ? of.organization : undefined }
      }
      await Promise.all(
        [aywa, base].map((one, j) => one.assistants.list({}, { headers: markOf(j === 0 ? of : first) }))
      )
    }
    await aywa.assistants.list({}, { headers: markOf(of) })
  }
  const first = at(0)
  await effectOf(whole, first).pipe(
    Effect.provide(AywaRuntime.layer(optionsOf(first))),
    Effect.provide(Tenants.layer),
    Effect.runPromise
  )
  return asked
}

it(`${programs} programs from seed ${seed}: each request is its tenant's`, async () => {
  let requests = 0
  await fc.assert(
    fc.asyncProperty(program, async ({ organizations, count, part }) => {
      for (const server of servers) server.seen.length = 0
      const tenants = organizations.slice(0, count).map((own, i) => tenantOf(i, own))
      const asked = await run(tenants, part)
      const seen = servers.flatMap((server, index) => server.seen.map(({ headers }) => ({ index, headers })))
      requests += seen.length
      assert.strictEqual(seen.length, asked.size)
      for (const { index, headers } of seen) {
        const of = asked.get(String(headers["x-mark"]))
        assert.deepStrictEqual(
          { server: index, key: headers.authorization, organization: headers["x-organization-id"] },
          { server: of?.server, key: `Bearer ${of?.key}`, organization: of?.organization }
        )
      }
    }),
    { numRuns: programs, seed, endOnFailure: true }
  )
  assert.isAbove(requests, programs)
}, 300_000)
