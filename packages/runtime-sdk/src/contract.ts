/**
 * The runtime's HTTP contract as a table: one entry per operation, one file per resource. Services, promise client,
 * local runtime and generators are all computed from it.
 *
 * @since 0.1.0
 */
import { assistants } from "./contract/assistants.ts"
import { phoneNumbers } from "./contract/phoneNumbers.ts"
import { tools } from "./contract/tools.ts"

/**
 * Every resource of the contract by the name that it has on the client.
 *
 * @since 0.1.0
 * @category contract
 */
export const contract = { assistants, phoneNumbers, tools }

export {
  /**
   * The schemas of an operation: query, body, success.
   *
   * @since 0.1.0
   * @category contract
   */
  specOf
} from "./internal/spec.ts"

export { openApi, type OpenApiDocument, type OpenApiOptions } from "./OpenApi.ts"
export type { Spec } from "./internal/spec.ts"
export { findReferences, references, rewriteReferences } from "./contract/references.ts"
export type * from "./contract/Operation.ts"
export type * from "./contract/shared.ts"
export type * from "./contract/assistants.ts"
export type * from "./contract/phoneNumbers.ts"
export type * from "./contract/tools.ts"
export type * from "./contract/references.ts"
