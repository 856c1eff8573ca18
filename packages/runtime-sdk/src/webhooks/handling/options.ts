/**
 * Options of receivers, checked when a receiver is made.
 *
 * @since 0.1.0
 */
import { kindOf, refuseUnknown } from "../../config/names.ts"
import { type RuntimeProfile, signatureAdvice } from "../../config/runtimeProfile.ts"
import { ConfigError } from "../../errors/Errors.ts"
import { isObject } from "../../schema/isObject.ts"

/** Throws a ConfigError for options that do not exist or cannot be called; secrets are judged at each delivery. */
export const checkOptions = (options: object, names: ReadonlyArray<string>): void => {
  if (!isObject(options)) throw refusal("options", "must be an object", options)
  refuseUnknown(options, names)
  // Only what is looked at here: other options may be getters that read late.
  const { inbox, onError } = options
  if (onError !== undefined && typeof onError !== "function") throw refusal("onError", "must be a function", onError)
  if (inbox !== undefined && !(isObject(inbox) && typeof inbox["offer"] === "function")) {
    throw refusal("inbox", "must have a function offer", inbox)
  }
}

/** Refuses a runtime whose webhooks the receiver could never verify. */
export const checkProfile = (profile: Pick<RuntimeProfile, "webhookSignature"> | undefined): void => {
  const advice = signatureAdvice(profile)
  if (advice !== undefined) throw new ConfigError({ field: "runtimeProfile", message: `runtimeProfile: ${advice}` })
}

const refusal = (field: string, what: string, value: unknown): ConfigError =>
  new ConfigError({ field, message: `${field} ${what}, and is ${kindOf(value)}.` })
