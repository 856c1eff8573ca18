/**
 * Secrets that cannot be printed by accident, for code without Effect.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import type { RedactedText } from "../contract/Operation.ts"

/**
 * Wraps a secret: logs, JSON and `inspect` show `<redacted>`; a body that it stands in is sent with the text itself.
 *
 * **Example**
 *
 * ```ts
 * import { type AywaRuntimeClient, redacted } from "@aywa-ai/runtime-sdk"
 *
 * export const store = (aywa: AywaRuntimeClient) =>
 *   aywa.credentials.create({ provider: "openai", apiKey: redacted(process.env["OPENAI_API_KEY"] ?? "") })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const redacted = (text: string): RedactedText => Redacted.make(text)
