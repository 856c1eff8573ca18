/** The layers of the client, for two tenants: a loopback server each, which says whether it was asked with its own key. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
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
  Request,
  RuntimeConfig,
  StructuredOutputs,
  Tools,
  Transport,
  WebhookEndpoints,
  WebhookLogs
} from "../../src/effect.ts"
import { layerHttpClient, layerTransport } from "../../src/http-client.ts"
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

const assistants = Effect.flatMap(Assistants.Assistants, (service) => whoAnswers(service.list()))

/** The table of the client's exports over servers that live until `close`. */
export const apiCases = async (): Promise<{
  readonly cases: Readonly<Record<string, Case>>
  readonly close: () => Promise<void>
}> => {
  const servers = { a: await serveTenant("a"), b: await serveTenant("b") }
  /** Answers with the tenant that the client wrote into the request. */
  const echo = await serve(({ headers }, response) => response.end(String(headers["x-tenant"])))
  const optionsOf = (tenant: Tenant): RuntimeConfig.Options => ({
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
  const base = (tenant: Tenant) => Layer.merge(RuntimeConfig.layer(optionsOf(tenant)), Transport.layer())
  const service = <S>(
    layer: Layer.Layer<S, never, RuntimeConfig.RuntimeConfig | Transport.Transport>,
    ask: Effect.Effect<string, unknown, S>
  ) => overProvided(() => layer, base, ask)
  const config = Effect.map(RuntimeConfig.RuntimeConfig, ({ origin, apiKey, organizationId }) => {
    const found = (["a", "b"] as const).find((tenant) => servers[tenant].baseUrl === origin) ?? "a"
    const own =
      Redacted.isRedacted(apiKey) && Redacted.value(apiKey) === keyOf(found) && organizationId === organizationOf(found)
    return own ? found : `${found} with a key of another`
  })
  const clientOf = (tenant: Tenant) =>
    Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.setHeader("x-tenant", tenant)))
    ).pipe(Layer.provide(FetchHttpClient.layer))

  const cases = {
    "@aywa-ai/runtime-sdk/effect Assistants.layer": service(Assistants.layer, assistants),
    "@aywa-ai/runtime-sdk/effect PhoneNumbers.layer": service(
      PhoneNumbers.layer,
      Effect.flatMap(PhoneNumbers.PhoneNumbers, (service) => whoAnswers(service.list()))
    ),
    "@aywa-ai/runtime-sdk/effect Tools.layer": service(
      Tools.layer,
      Effect.flatMap(Tools.Tools, (service) => whoAnswers(service.list()))
    ),
    "@aywa-ai/runtime-sdk/effect Calls.layer": service(
      Calls.layer,
      Effect.flatMap(Calls.Calls, (service) =>
        Effect.map(
          Effect.all([whoAnswers(service.list()), whoAnswers(service.waitUntilEnded("one"))]),
          ([list, wait]) => (list === wait ? list : `list ${list}, wait ${wait}`)
        )
      )
    ),
    "@aywa-ai/runtime-sdk/effect Credentials.layer": service(
      Credentials.layer,
      Effect.flatMap(Credentials.Credentials, (service) => whoAnswers(service.list()))
    ),
    "@aywa-ai/runtime-sdk/effect WebhookEndpoints.layer": service(
      WebhookEndpoints.layer,
      Effect.flatMap(WebhookEndpoints.WebhookEndpoints, (service) => whoAnswers(service.list()))
    ),
    "@aywa-ai/runtime-sdk/effect Files.layer": service(
      Files.layer,
      Effect.flatMap(Files.Files, (service) => whoAnswers(service.list()))
    ),
    "@aywa-ai/runtime-sdk/effect StructuredOutputs.layer": service(
      StructuredOutputs.layer,
      Effect.flatMap(StructuredOutputs.StructuredOutputs, (service) => whoAnswers(service.list()))
    ),
    "@aywa-ai/runtime-sdk/effect Imports.layer": service(
      Imports.layer,
      Effect.flatMap(Imports.Imports, (service) => whoAnswers(service.get("one")))
    ),
    "@aywa-ai/runtime-sdk/effect WebhookLogs.layer": service(
      WebhookLogs.layer,
      Effect.flatMap(WebhookLogs.WebhookLogs, (service) => whoAnswers(service.list()))
    ),
    "@aywa-ai/runtime-sdk/effect Operations.layer": service(
      Operations.layer,
      Effect.flatMap(Operations.Operations, (service) => whoAnswers(service.health()))
    ),
    "@aywa-ai/runtime-sdk/effect Request.layer": service(
      Request.layer,
      Effect.flatMap(Request.Request, (service) => whoAnswers(service.send({ method: "GET", path: "/" })))
    ),
    "@aywa-ai/runtime-sdk/effect AywaRuntime.layerServices": service(AywaRuntime.layerServices, assistants),
    "@aywa-ai/runtime-sdk/effect AywaRuntime.layer": perTenant(
      (tenant) => AywaRuntime.layer(optionsOf(tenant)),
      assistants
    ),
    "@aywa-ai/runtime-sdk/effect AywaRuntime.layerConfig": perTenant(
      (tenant) => Layer.provide(AywaRuntime.layerConfig(), variablesOf(tenant)),
      assistants
    ),
    "@aywa-ai/runtime-sdk/effect RuntimeConfig.layer": perTenant(
      (tenant) => RuntimeConfig.layer(optionsOf(tenant)),
      config
    ),
    "@aywa-ai/runtime-sdk/effect RuntimeConfig.layerConfig": perTenant(
      (tenant) => Layer.provide(RuntimeConfig.layerConfig(), variablesOf(tenant)),
      config
    ),
    "@aywa-ai/runtime-sdk/effect Transport.layer": perTenant(
      (tenant) => Transport.layer({ connections: connectionsOf[tenant] }),
      Effect.flatMap(Transport.Transport, ({ execute }) => countConnections(execute))
    ),
    "@aywa-ai/runtime-sdk/http-client layerTransport": overProvided(
      () => layerTransport,
      clientOf,
      Effect.flatMap(Transport.Transport, ({ execute }) =>
        Effect.map(
          execute({ method: "GET", origin: echo.baseUrl, path: "/", headers: [], body: undefined }),
          ({ body }) => body
        )
      )
    ),
    "@aywa-ai/runtime-sdk/http-client layerHttpClient": perTenant(
      (tenant) => Layer.provide(layerHttpClient(optionsOf(tenant)), FetchHttpClient.layer),
      assistants
    ),
    "@aywa-ai/runtime-sdk/testing layer": perTenant(
      (tenant) => testingLayer({ rows: { assistants: [{ name: tenant }] } }),
      Effect.gen(function* () {
        const { items } = yield* (yield* Assistants.Assistants).list()
        const runtime = yield* LocalRuntime
        const { origin } = yield* RuntimeConfig.RuntimeConfig
        const name = items[0]?.name ?? ""
        return origin === runtime.baseUrl && runtime.count("assistants") === 1 ? name : `${name}, of another runtime`
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
      await Promise.all([servers.a, servers.b, echo].map((server) => server[Symbol.asyncDispose]()))
    }
  }
}

const connectionsOf = { a: 1, b: 3 }

/** Whose bound on connections holds: four requests at once open as many as it allows. */
const countConnections = (execute: Transport.TransportShape["execute"]): Effect.Effect<string, unknown> =>
  Effect.acquireUseRelease(
    Effect.promise(() => serve((_, response) => response.end())),
    ({ baseUrl, sockets }) =>
      Effect.map(
        Effect.all(
          Array.from({ length: 4 }, () =>
            execute({ method: "GET", origin: baseUrl, path: "/", headers: [], body: undefined })
          ),
          { concurrency: "unbounded" }
        ),
        () => {
          const found = (["a", "b"] as const).find((tenant) => connectionsOf[tenant] === sockets.opened)
          return found ?? `${sockets.opened} connections`
        }
      ),
    (server) => Effect.promise(() => server[Symbol.asyncDispose]())
  )
