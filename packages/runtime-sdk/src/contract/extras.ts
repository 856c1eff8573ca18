/**
 * Fields that a newer runtime takes and this SDK does not know.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "./Operation.ts"
import { meant } from "../schema/strays.ts"

/**
 * Puts fields into a body, at any depth, that its type does not name: `model: { provider: "openai", ...extras({ seed: 7 }) }`.
 *
 * **When to use**
 *
 * For a field that the runtime takes and this version of the SDK does not know. Bodies are closed, so that a misspelt
 * field does not compile; this is the one way around, and what is in it is sent as it is, unchecked.
 *
 * @since 0.2.0
 * @category constructors
 */
export const extras = (fields: JsonObject): object => ({ ...fields, [meant]: Object.keys(fields) })
