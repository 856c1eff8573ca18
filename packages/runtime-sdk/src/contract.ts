/**
 * The runtime's HTTP contract as a table: one entry per operation, one file per resource. Services, promise client,
 * local runtime and generators are all computed from it.
 *
 * @since 0.1.0
 */
export { contract } from "./contract/contract.ts"
export {
  /**
   * The schemas of an operation: query, body, success.
   *
   * @since 0.1.0
   * @category contract
   */
  specOf
} from "./contract/table.ts"

export {
  /**
   * What the contract finds wrong with the body of an operation: one issue a place, none for a body that may be sent.
   *
   * @since 0.2.0
   * @category contract
   */
  bodyIssues
} from "./contract/bodyIssues.ts"

export {
  /**
   * The first name of a bag of options that nobody reads, and what may have been meant.
   *
   * @since 0.2.0
   * @category guards
   */
  unknownName,
  /**
   * The known name that is meant by another one, if one is near enough.
   *
   * @since 0.2.0
   * @category guards
   */
  nearestName,
  /**
   * What is wrong with a value that has to be one of some words, and which may have been meant.
   *
   * @since 0.2.0
   * @category guards
   */
  wrongChoice,
  type Names,
  type UnknownName
} from "./config/unknownNames.ts"

export type { ListProfile, RuntimeProfile } from "./config/runtimeProfile.ts"
export { readRuntimeProfile } from "./config/readRuntimeProfile.ts"
export { openApi, type OpenApiDocument, type OpenApiOptions } from "./contract/openApi.ts"
export {
  /**
   * What the runtime sends, by type: which fields an event has for certain, and what is answered.
   *
   * @since 0.2.0
   * @category contract
   */
  webhookEvents,
  type WebhookEventInfo
} from "./contract/webhookEvents.ts"
export type { Spec } from "./contract/table.ts"
export { findReferences, references, rewriteReferences } from "./contract/references.ts"
export { ownedFields, withoutOwnedFields } from "./contract/ownedFields.ts"
export { isSecretField, secretsNeeded, withoutSecrets, writeOnlyFields } from "./contract/secrets.ts"
export { knownWords } from "./contract/words.ts"
export type * from "./contract/types.ts"
export type { Issue } from "./errors/Errors.ts"
