/**
 * A token in a header, equal to a secret that both sides know.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { anyEqual } from "../compare.ts"
import { failMissing, readHeaders } from "../headers.ts"
import type { WebhookScheme } from "../scheme.ts"
import { fail } from "../WebhookVerificationError.ts"
import { legacyTexts, type LegacySecret } from "./key.ts"

/**
 * Options of `WebhookScheme.sharedSecret`.
 *
 * @since 0.1.0
 * @category models
 */
export interface SharedSecretOptions {
  /** `x-vapi-secret` by default. */
  readonly header?: string | undefined
  /** What stands before the token, such as `Bearer ` with its space; nothing by default. */
  readonly prefix?: string | undefined
  readonly secrets: LegacySecret | ReadonlyArray<LegacySecret>
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex")

/**
 * A shared secret in a header. **For migrations only.**
 *
 * **Gotchas**
 *
 * It proves that the sender knows the token and nothing else: the body may be altered, the request replayed. The event
 * has no id and no attempt time. Only over HTTPS.
 *
 * @since 0.1.0
 * @category schemes
 */
export const sharedSecret = (options: SharedSecretOptions): WebhookScheme => {
  const header = (options.header ?? "x-vapi-secret").toLowerCase()
  const prefix = options.prefix ?? ""
  return {
    headers: [header],
    authenticate: (call) => {
      // Hashes are compared, so that neither a prefix nor the length of the token can be probed by time.
      const hashes = legacyTexts(options.secrets).map((secret) => hash(prefix + secret))
      const [values = []] = readHeaders(call.headers, [header])
      if (values.length === 0) return failMissing([header], [undefined])
      call.body()
      if (!anyEqual([hash(values.join(", "))], hashes)) fail({ _tag: "SignatureMismatch", hint })
      return { scheme: "shared-secret", id: undefined, seconds: undefined }
    }
  }
}

const hint = "Compare the token, its prefix and its casing with the sender's."
