/**
 * Assistants, tools, numbers and endpoints of a runtime as files: read, compared, pushed, pulled. A change that somebody
 * else made is never overwritten, a repeated push makes nothing twice, and a plan shows only what a person changed.
 *
 * **Details**
 *
 * - folder: `initConfig`, `readConfig`, `validateConfig`;
 * - plan: `planConfig`, `findDrift`; `formatPlan` and `planMarkdown` for people;
 * - push: `applyPlan`, `pushConfig`, `planRollback`;
 * - pull: `pullConfig`, `adoptRow`;
 * - rows: `diffRows`, `mergeRows`, which are pure.
 *
 * Functions return promises or plain values, and throw `RuntimeConfigError`.
 *
 * @since 0.2.0
 */
export { isRuntimeConfigError, RuntimeConfigError } from "./errors/RuntimeConfigError.ts"
export type { RuntimeConfigReason } from "./errors/RuntimeConfigError.ts"
export type { Problem } from "./errors/Problem.ts"

export { readConfig } from "./folder/Config.ts"
export type { Config, ConfigRow, ReadConfigOptions } from "./folder/Config.ts"
export type { Environment } from "./folder/environment.ts"
export type { Seen, State } from "./folder/state.ts"
export type { KindName } from "./rows/kinds.ts"

export { validateConfig } from "./plan/validate.ts"
export type { Validation } from "./plan/validate.ts"
export { planConfig } from "./plan/planConfig.ts"
export type { PlanOptions } from "./plan/options.ts"
export { hasChanges } from "./plan/Plan.ts"
export type { Action, Plan, Step } from "./plan/Plan.ts"
export { findDrift } from "./plan/drift.ts"
export type { DriftReport } from "./plan/drift.ts"

export { applyPlan, pushConfig } from "./push/applyPlan.ts"
export type { ApplyReport } from "./push/applyPlan.ts"
export type { ApplyEvent, ApplyOptions } from "./push/options.ts"
export { planRollback } from "./push/rollback.ts"
export { adoptRow } from "./pull/adoptRow.ts"
export { pullConfig } from "./pull/pullConfig.ts"
export type { PullOptions, PullReport } from "./pull/pullConfig.ts"

export { initConfig } from "./start/initConfig.ts"
export type { InitOptions, InitReport } from "./start/initConfig.ts"
export { fromGitops } from "./start/fromGitops.ts"
export type { GitopsOptions, GitopsReport } from "./start/fromGitops.ts"
export { formatPlan, summaryOf } from "./report/formatPlan.ts"
export type { Paint } from "./report/formatPlan.ts"
export { planMarkdown } from "./report/planMarkdown.ts"

export { diffRows } from "./rows/diff.ts"
export type { Change } from "./rows/diff.ts"
export { mergeRows } from "./rows/merge.ts"
export type { MergeConflict, Merged } from "./rows/merge.ts"
export type { ConfigClient } from "./remote/rows.ts"
