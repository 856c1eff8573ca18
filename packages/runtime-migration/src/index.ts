/**
 * Moves an account of the source platform to your runtime, keeps every id, and rewrites your application's database.
 *
 * **Details**
 *
 * - ledger: `(source, resource, sourceId) -> runtimeId`, as file, in SQLite, or read back from the runtime;
 * - bundle: `readBundle` from files, `fetchBundle` from the source API, `checkBundle` against what is known;
 * - content: `fetchFiles`, `uploadFiles` by digest, `fetchCalls` with transcripts and recordings;
 * - import: `planImport`, `runImport`, `compareAccounts`, `checkTargets`;
 * - mapping SQL: `planMappingSql`, `mappingScripts` for an operator's own client;
 * - database: `planDatabase`, `dryRunDatabase`, `applyDatabase`, `verifyDatabase`, `rollbackDatabase`,
 *   `cleanupDatabase` on a live one, `detectColumns` to find where ids stand;
 * - numbers: `planNumbers`, `switchNumbers`, `verifyNumbers`, `switchNumbersBack`, with `twilioNumbers`;
 * - runbook: `rehearseDatabase` on a copy, `writeRunbook`.
 *
 * Functions return promises or plain values, and throw `MigrationError`.
 *
 * @since 0.1.0
 */
export { isMigrationError, MigrationError } from "./errors/MigrationError.ts"
export type { MigrationReason } from "./errors/MigrationError.ts"

export { mergeMappings } from "./ledger/Mapping.ts"
export type { Mapping } from "./ledger/Mapping.ts"
export { mappingsToCsv, mappingsToJsonLines, parseMappings } from "./ledger/format.ts"
export { openSqliteLedger, readLedgerFile, readRuntimeMappings, writeLedgerFile } from "./ledger/files.ts"
export type { ReadRuntimeMappingsOptions, SqliteLedger } from "./ledger/files.ts"

export type { ColumnType, Dialect, ForeignKey, Location, MappingConfig } from "./sql/config.ts"
export { planMappingSql } from "./sql/plan.ts"
export type { SqlPlan } from "./sql/plan.ts"
export { mappingScripts } from "./sql/scripts.ts"
export type { MappingScripts } from "./sql/scripts.ts"
export { rewriteJson, rewriteText } from "./ledger/rewrite.ts"
export type { Resolve, RewriteTextOptions } from "./ledger/rewrite.ts"

export { mysqlDriver, openDatabase, pgDriver, pgliteDriver, sqliteDriver } from "./live/SqlDriver.ts"
export type {
  DriverOptions,
  MysqlConnection,
  PostgresConnection,
  SqlDriver,
  SqliteDatabase,
  SqlResult,
  SqlRow
} from "./live/SqlDriver.ts"
export { detectColumns, detectDatabase } from "./live/detect.ts"
export type { Candidate, Detection, DetectOptions } from "./live/detect.ts"
export type { SchemaFile } from "./live/schemaHints.ts"
export { planDatabase } from "./live/planDatabase.ts"
export type { DatabaseConfig, DatabasePlan, Place } from "./live/planDatabase.ts"
export { cleanupDatabase } from "./live/cleanupDatabase.ts"
export { extendDatabase } from "./live/extendDatabase.ts"
export type { ExtendReport } from "./live/extendDatabase.ts"
export { watchDatabase } from "./live/watchDatabase.ts"
export type { WatchOptions, WatchPass, WatchReport } from "./live/watchDatabase.ts"
export { applyDatabase, dryRunDatabase, rollbackDatabase } from "./live/runDatabase.ts"
export { verifyDatabase } from "./live/verifyDatabase.ts"
export type { VerifyOptions } from "./live/verifyDatabase.ts"
export type {
  CleanupOptions,
  CleanupReport,
  DryRunLocation,
  DryRunReport,
  Finding,
  LeftColumn,
  MoveReport,
  NotRestored,
  NotScanned,
  RollbackOptions,
  RollbackReport,
  StepOptions,
  StepProgress,
  VerifyLocation,
  VerifyReport
} from "./live/reports.ts"

export { twilioNumbers } from "./numbers/twilio.ts"
export type { TwilioOptions } from "./numbers/twilio.ts"
export { planNumbers, switchNumbers, switchNumbersBack, verifyNumbers } from "./numbers/numbers.ts"
export type {
  ConfirmNumbersOptions,
  NumberRow,
  NumbersOptions,
  NumbersReport,
  PlanNumbersOptions
} from "./numbers/numbers.ts"
export type {
  CarrierHttp,
  CarrierNumber,
  CarrierRequest,
  CarrierResponse,
  NumberCarrier,
  NumberTarget,
  Routing
} from "./numbers/provider.ts"
export { rehearseDatabase } from "./runbook/rehearseDatabase.ts"
export type { Rehearsal, RehearsedStep } from "./runbook/rehearseDatabase.ts"
export { writeRunbook } from "./runbook/runbook.ts"
export type { RunbookOptions } from "./runbook/runbook.ts"

export { readBundle } from "./bundle/readBundle.ts"
export { fetchBundle } from "./bundle/fetchBundle.ts"
export type { FetchBundleOptions } from "./bundle/fetchBundle.ts"
export type { SourceOptions } from "./bundle/source.ts"
export { fetchFiles, uploadFiles } from "./content/files.ts"
export type { FetchFilesOptions, FileOutcome, FileReport, UploadFilesOptions } from "./content/files.ts"
export { fetchCalls } from "./content/fetchCalls.ts"
export type { CallsReport, FetchCallsOptions, LostContent } from "./content/fetchCalls.ts"
export { checkBundle } from "./bundle/checkBundle.ts"
export type { BundleFinding, BundleReport } from "./bundle/checkBundle.ts"
export type { Bundle } from "./bundle/Bundle.ts"
export { setServerUrls } from "./bundle/serverUrls.ts"
export { planImport } from "./import/planImport.ts"
export type { ImportCounts, ImportPlan, ImportRow, PlanImportOptions } from "./import/planImport.ts"
export { runImport } from "./import/runImport.ts"
export type { ImportEvent, ImportReport, Refusal, RunImportOptions } from "./import/runImport.ts"
export { compareAccounts } from "./import/compareAccounts.ts"
export type { AccountCheck, AccountReport, CompareOptions } from "./import/compareAccounts.ts"
export type { AcceptedDifference, Difference } from "./import/acceptance.ts"
export { checkTargets } from "./import/checkTargets.ts"
export type { TargetReport } from "./import/checkTargets.ts"
export type { MigrationClient } from "./import/runtimeRows.ts"
