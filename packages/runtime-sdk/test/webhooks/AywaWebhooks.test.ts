/** Verification as an Effect service. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe, it } from "@effect/vitest"
import * as AywaWebhooks from "../../src/webhooks/effect/AywaWebhooks.ts"
import { signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { body, good, headers, otherSecret, secret } from "./support/delivery.ts"

const input = { body, headers: signAywaRuntimeWebhook({ body, secret }) }
const verify = Effect.flatMap(AywaWebhooks.AywaWebhooks, (webhooks) => webhooks.verify(input))
const reasonOf = <A, R>(effect: Effect.Effect<A, { readonly _tag: string }, R>) =>
  Effect.map(Effect.flip(effect), (error) =>
    "reason" in error ? Reflect.get(Object(error.reason), "_tag") : error._tag
  )
const env = (variables: Record<string, string>) =>
  AywaWebhooks.layerConfig().pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: variables }))))

describe("AywaWebhooks", () => {
  it.effect("verify gives the event, or the typed error", () =>
    Effect.gen(function* () {
      const event = yield* AywaWebhooks.verify({ ...good, secret: Redacted.make(secret) })
      assert.strictEqual(event.message.type, "status-update")
      const handled = yield* AywaWebhooks.verify({ ...good, secret: otherSecret }).pipe(
        Effect.catchTag("WebhookVerificationError", (error) => Effect.succeed([error.reason._tag, error.httpStatus]))
      )
      assert.deepStrictEqual(handled, ["SignatureMismatch", 401])
    })
  )
  it.effect("the layer takes wrapped and plain secrets, one or several", () =>
    Effect.gen(function* () {
      for (const given of [
        secret,
        Redacted.make(secret),
        () => secret,
        [otherSecret, Redacted.make(secret), undefined]
      ]) {
        const event = yield* verify.pipe(Effect.provide(AywaWebhooks.layer({ secret: given })))
        assert.strictEqual(event.message.type, "status-update")
      }
    })
  )
  it.effect("a wrong secret or option ends the program when it starts", () =>
    Effect.gen(function* () {
      for (const wrong of ["whsec_%%%%", "", undefined, [], Redacted.make("short")]) {
        const reason = yield* reasonOf(Effect.provide(Effect.void, AywaWebhooks.layer({ secret: wrong })))
        assert.strictEqual(reason, "InvalidSecret")
      }
      for (const wrong of [{ toleranceSeconds: Number.NaN }, { maxBodyBytes: Number.NaN }]) {
        const reason = yield* reasonOf(Effect.provide(Effect.void, AywaWebhooks.layer({ secret, ...wrong })))
        assert.strictEqual(reason, "InvalidOptions")
      }
    })
  )
  it.effect("tolerance, clock and size are the layer's", () =>
    Effect.gen(function* () {
      const layer = AywaWebhooks.layer({ secret, now: good.now, maxBodyBytes: 10 })
      const { maxBodyBytes, verify } = yield* AywaWebhooks.AywaWebhooks.pipe(Effect.provide(layer))
      assert.strictEqual(maxBodyBytes, 10)
      assert.strictEqual(yield* reasonOf(verify({ body, headers })), "BodyTooLarge")
    })
  )
  it.effect("layerConfig reads the environment", () =>
    Effect.gen(function* () {
      const accepted = [
        { AYWA_RUNTIME_WEBHOOK_SECRET: secret },
        { WEBHOOK_SIGNING_SECRET: secret },
        { AYWA_RUNTIME_WEBHOOK_SECRET: secret, WEBHOOK_SIGNING_SECRET: otherSecret },
        { AYWA_RUNTIME_WEBHOOK_SECRET: otherSecret, AYWA_RUNTIME_WEBHOOK_SECRET_PREVIOUS: secret }
      ]
      for (const variables of accepted) {
        assert.strictEqual((yield* Effect.provide(verify, env(variables))).message.type, "status-update")
      }
      const refused = [
        [{ AYWA_RUNTIME_WEBHOOK_SECRET: otherSecret, WEBHOOK_SIGNING_SECRET: secret }, "SignatureMismatch"],
        [{}, "InvalidSecret"],
        [{ AYWA_RUNTIME_WEBHOOK_SECRET_PREVIOUS: secret }, "InvalidSecret"],
        [{ AYWA_RUNTIME_WEBHOOK_SECRET: "" }, "InvalidSecret"]
      ] as const
      for (const [variables, reason] of refused) {
        assert.strictEqual(yield* reasonOf(Effect.provide(verify, env(variables))), reason, JSON.stringify(variables))
      }
    })
  )
})
