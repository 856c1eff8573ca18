/**
 * Which promises of its contract a runtime keeps, and what that means for the SDK: about 150 cases, each with its level,
 * what was seen, what follows and what to do; and a profile that a client honours.
 *
 * @since 0.2.0
 */
export { cleanConformance } from "./run/clean.ts"
export type { CleanReport } from "./run/clean.ts"
export type { ConformanceOptions, TargetOptions } from "./run/options.ts"
export { planConformance } from "./run/plan.ts"
export type { ConformancePlan } from "./run/plan.ts"
export { runConformance } from "./run/runConformance.ts"
export { allCases } from "./cases/table.ts"
export type { CaseId } from "./cases/table.ts"
export { groups } from "./model/Case.ts"
export type { CaseText, GroupName, Level, Origin, Power, Status } from "./model/Case.ts"
export type { Capability, CaseResult, Drift, Evidence, Report } from "./model/Report.ts"
export { ConformanceError, isConformanceError } from "./errors/ConformanceError.ts"
export type { ConformanceReason } from "./errors/ConformanceError.ts"
export { formatDrift, formatReport } from "./report/text.ts"
export type { FormatOptions, Paint } from "./report/text.ts"
export { reportMarkdown } from "./report/markdown.ts"
export { reportJunit } from "./report/junit.ts"
export { compareReports, formatComparison, readReport } from "./report/compare.ts"
export type { CaseChange, Comparison } from "./report/compare.ts"
export { exitCodeOf } from "./report/exitCode.ts"
export { formatPlan } from "./report/plan.ts"
export { casesMarkdown } from "./report/page.ts"
