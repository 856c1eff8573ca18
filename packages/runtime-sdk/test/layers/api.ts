/** The layers of the client, for two tenants: a loopback server each, which says whether it was asked with its own key. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import { LocalRuntime } from "@aywa-ai/runtime-local"
import {
  Assistants,
  AywaRuntime,
  Calls,
  Credentials,
  Files,
  Imports,
  Operations,
  PhoneNumbers,
  StructuredOutputs,
  Tools,
  WebhookEndpoints,
  WebhookLogs
} from "../../src/effect.ts"
import { layerHttpClient } from "../../src/http-client.ts"
import { layer as testingLayer } from "../../src/testing.ts"
import { json, serve, type Server } from "../support/server.ts"
import { type Case, overProvided, perTenant, type Tenant } from "./modes.ts"

const keyOf = (tenant: Tenant) => `key-of-tenant-${tenant}`
const organizationOf = (tenant: Tenant) => `organization-${tenant}`

/** A runtime that answers every question with whose it is, as an error that every operation has. */
const serveTenant = (tenant: Tenant): Promise<Server> =>
  serve((seen, response) => {
    const own =
      seen.headers["authorization"] === `Bearer ${keyOf(tenant)}` &&
      seen.headers["x-organization-id"] === organizationOf(tenant)
    json(response, 400, { message: `this is ${tenant}${own ? "" : " asked with a key of another"}` })
  })

/** Who a call went to, out of its error. */
const whoAnswers = <E extends { readonly message: string }>(call: Effect.Effect<unknown, E>): Effect.Effect<string> =>
  Effect.map(
    Effect.matchEager(call, { onSuccess: () => "no error", onFailure: ({ message }) => message }),
    (message) => /this is ([^.]*)\./.exec(message)?.[1] ?? message
  )

/** Who every view of a client goes to; one name when all go to the same. */
const everything = Effect.gen(function* () {
  const calls = yield* Calls.Calls
  const runtime = yield* AywaRuntime.AywaRuntime
  const answers = yield* Effect.all([
    whoAnswers((yield* Assistants.Assistants).list()),
    whoAnswers((yield* PhoneNumbers.PhoneNumbers).list()),
    whoAnswers((yield* Tools.Tools).list()),
    whoAnswers(calls.list()),
    whoAnswers(calls.waitUntilEnded("one")),
    whoAnswers((yield* Credentials.Credentials).list()),
    whoAnswers((yield* WebhookEndpoints.WebhookEndpoints).list()),
    whoAnswers((yield* Files.Files).list()),
    whoAnswers((yield* StructuredOutputs.StructuredOutputs).list()),
    whoAnswers((yield* Imports.Imports).get("one")),
    whoAnswers((yield* WebhookLogs.WebhookLogs).list()),
    whoAnswers((yield* Operations.Operations).health()),
    whoAnswers(runtime.assistants.list()),
    whoAnswers(runtime.request({ method: "GET", path: "/" }))
  ])
  return [...new Set(answers)].join(" and ")
})

/** The table of the client's exports over servers that live until `close`. */
export const apiCases = async (): Promise<{
  readonly cases: Readonly<Record<string, Case>>
  readonly close: () => Promise<void>
}> => {
  const servers = { a: await serveTenant("a"), b: await serveTenant("b") }
  const optionsOf = (tenant: Tenant): AywaRuntime.Options => ({
    baseUrl: servers[tenant].baseUrl,
    apiKey: keyOf(tenant),
    organizationId: organizationOf(tenant)
  })
  const variablesOf = (tenant: Tenant) =>
    ConfigProvider.layer(
      ConfigProvider.fromEnv({
        env: {
          AYWA_RUNTIME_BASE_URL: servers[tenant].baseUrl,
          AYWA_RUNTIME_API_KEY: keyOf(tenant),
          AYWA_RUNTIME_ORGANIZATION_ID: organizationOf(tenant)
        }
      })
    )
  /** What a program provides, which differs between the tenants. */
  class Account extends Context.Service<Account, AywaRuntime.Options>()("Account") {}

  const cases = {
    "@aywa-ai/runtime-sdk/effect AywaRuntime.layer": perTenant(
      (tenant) => AywaRuntime.layer(optionsOf(tenant)),
      everything
    ),
    "@aywa-ai/runtime-sdk/effect AywaRuntime.layerConfig": perTenant(
      (tenant) => Layer.provide(AywaRuntime.layerConfig(), variablesOf(tenant)),
      everything
    ),
    "@aywa-ai/runtime-sdk/effect AywaRuntime.layerFrom": overProvided(
      () => AywaRuntime.layerFrom(Effect.flatMap(Account, AywaRuntime.make)),
      (tenant) => Layer.succeed(Account, optionsOf(tenant)),
      everything
    ),
    "@aywa-ai/runtime-sdk/http-client layerHttpClient": perTenant(
      (tenant) => Layer.provide(layerHttpClient(optionsOf(tenant)), FetchHttpClient.layer),
      everything
    ),
    "@aywa-ai/runtime-sdk/testing layer": perTenant(
      (tenant) => testingLayer({ rows: { assistants: [{ name: tenant }] } }),
      Effect.gen(function* () {
        const { items } = yield* (yield* Assistants.Assistants).list()
        const runtime = yield* LocalRuntime
        const name = items[0]?.name ?? ""
        return runtime.rows("assistants")[0]?.["name"] === name ? name : `${name}, of another runtime`
      })
    ),
    "@aywa-ai/runtime-local LocalRuntime.layer": perTenant(
      (tenant) => LocalRuntime.layer({ organization: tenant }),
      Effect.map(LocalRuntime, ({ organizationId }) => organizationId)
    )
  }
  return {
    cases,
    close: async () => {
      await Promise.all([servers.a, servers.b].map((server) => server[Symbol.asyncDispose]()))
    }
  }
}
