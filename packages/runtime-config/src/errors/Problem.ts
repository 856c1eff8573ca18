/**
 * What is wrong, and where.
 *
 * @since 0.2.0
 */

/**
 * One thing that is wrong with one place of one file, or with one row.
 *
 * @since 0.2.0
 * @category models
 */
export interface Problem {
  /** Below the configuration's folder, such as `assistants/desk.md`; or a row's address. */
  readonly file: string
  /** From the top of the row: `model.toolIds[0]`; absent when it is about the whole. */
  readonly path?: string | undefined
  /** What is wrong and what to do about it, in one or two sentences. */
  readonly detail: string
}
