/**
 * What errors name.
 */

/**
 * One line of the ledger. `(source, resource, sourceId)` is its key.
 *
 * @since 0.1.0
 * @category models
 */
export interface Mapping {
  /** Names the source account, such as `vapi`. */
  readonly source: string
  /** Kind of row as imports call it: `assistant`, `phone-number`, `tool`, `credential`, `structured-output`, … */
  readonly resource: string
  readonly sourceId: string
  readonly runtimeId: string
}
