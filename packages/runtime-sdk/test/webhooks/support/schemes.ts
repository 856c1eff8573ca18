/** The schemes of the case table, which remember how they were made: where the table runs in another process, they are made again. */
import { WebhookScheme as real } from "../../../src/webhooks/legacy.ts"
import type { WebhookScheme as Scheme } from "../../../src/webhooks.ts"

interface Recipe {
  readonly maker: keyof typeof real
  readonly plan: unknown
}

const recipes = new WeakMap<object, Recipe>()

const noted =
  <Plan>(maker: keyof typeof real, make: (plan: Plan) => Scheme) =>
  (plan: Plan): Scheme => {
    const scheme = make(plan)
    recipes.set(scheme, { maker, plan })
    return scheme
  }

export const WebhookScheme = {
  standard: noted("standard", real.standard),
  sharedSecret: noted("sharedSecret", real.sharedSecret),
  hmac: noted("hmac", real.hmac),
  stripe: noted("stripe", real.stripe),
  firstPresent: noted("firstPresent", real.firstPresent)
}

/** What a scheme of these was made with. */
export const recipeOf = (scheme: object): Recipe | undefined => recipes.get(scheme)
