/** The layers that verify webhooks, for two tenants: a secret each, and signatures of both. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { AywaWebhooks } from "../../src/effect.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { WebhookRoute } from "../../src/webhooks/http.ts"
import { type Case, perTenant, type Tenant } from "./modes.ts"

const secrets = { a: generateWebhookSecret(), b: generateWebhookSecret() }
const body = JSON.stringify({ message: { type: "assistant-request" } })

/** The table of the webhook exports. */
export const webhookCases = (): Readonly<Record<string, Case>> => {
  /** Whose secret verifies. */
  const verifies = Effect.flatMap(AywaWebhooks.AywaWebhooks, ({ verify }) =>
    Effect.map(
      Effect.all(
        (["a", "b"] as const).map((tenant) =>
          Effect.match(verify({ body, headers: signAywaRuntimeWebhook({ body, secret: secrets[tenant] }) }), {
            onSuccess: () => [tenant],
            onFailure: () => []
          })
        )
      ),
      (found) => found.flat().join(" and ")
    )
  )
  const secretOf = (tenant: Tenant) =>
    ConfigProvider.layer(ConfigProvider.fromEnv({ env: { AYWA_RUNTIME_WEBHOOK_SECRET: secrets[tenant] } }))
  return {
    "@aywa-ai/runtime-sdk/effect AywaWebhooks.layer": perTenant(
      (tenant) => AywaWebhooks.layer({ secret: secrets[tenant] }),
      verifies
    ),
    "@aywa-ai/runtime-sdk/effect AywaWebhooks.layerConfig": perTenant(
      (tenant) => Layer.provide(AywaWebhooks.layerConfig(), secretOf(tenant)),
      verifies
    ),
    "@aywa-ai/runtime-sdk/webhooks/http WebhookRoute.layer": perTenant(
      (tenant) =>
        // A router of its own for each: otherwise the two would be one application with one path.
        WebhookRoute.layer("/webhooks", {
          handlers: { "assistant-request": () => Effect.succeed({ assistantId: tenant }) },
          // Signatures of the other tenant are refused, as they should be.
          onError: () => Effect.void
        }).pipe(
          Layer.provide(AywaWebhooks.layer({ secret: secrets[tenant] })),
          Layer.provideMerge(Layer.fresh(HttpRouter.layer))
        ),
      Effect.flatMap(HttpRouter.HttpRouter, (router) => answers(router.asHttpEffect()))
    )
  }
}

/** Which assistant a route answers with, and to whose signature. */
const answers = <E>(
  route: Effect.Effect<HttpServerResponse.HttpServerResponse, E, HttpServerRequest.HttpServerRequest | Scope.Scope>
): Effect.Effect<string, E> =>
  Effect.map(
    Effect.all(
      (["a", "b"] as const).map((tenant) => {
        const request = new Request("http://localhost/webhooks", {
          method: "POST",
          body,
          headers: { "content-type": "application/json", ...signAywaRuntimeWebhook({ body, secret: secrets[tenant] }) }
        })
        return Effect.scoped(
          Effect.provideService(route, HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request))
        ).pipe(
          Effect.flatMap((response) => Effect.promise(() => HttpServerResponse.toWeb(response).text())),
          Effect.map((text) => (text.includes(`"assistantId":"${tenant}"`) ? [tenant] : []))
        )
      })
    ),
    (found) => found.flat().join(" and ")
  )
