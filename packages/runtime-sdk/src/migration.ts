/**
 * Moves an account of the source platform to your runtime, keeps every id, and rewrites your application's database.
 *
 * **Details**
 *
 * - ledger: `(source, resource, sourceId) -> runtimeId`, as file, in SQLite, or read back from the runtime;
 * - bundle: `readBundle` from files, `fetchBundle` from the source API, `checkBundle` against what is known;
 * - import: `planImport`, `runImport`, `compareAccounts`;
 * - mapping SQL: `planMappingSql`, `mappingScripts` for an operator's own client;
 * - database: `planDatabase`, `dryRunDatabase`, `applyDatabase`, `verifyDatabase`, `rollbackDatabase`,
 *   `cleanupDatabase` on a live one, `detectColumns` to find where ids stand.
 *
 * Functions return promises or plain values, and throw `MigrationError`.
 *
 * @since 0.1.0
 */
export { isMigrationError, MigrationError } from "./migration/MigrationError.ts"
export type { MigrationReason } from "./migration/MigrationError.ts"

export { mergeMappings } from "./migration/ledger/Mapping.ts"
export type { Mapping } from "./migration/ledger/Mapping.ts"
export { mappingsToCsv, mappingsToJsonLines, parseMappings } from "./migration/ledger/format.ts"
export { openSqliteLedger, readLedgerFile, readRuntimeMappings, writeLedgerFile } from "./migration/ledger/files.ts"
export type { ReadRuntimeMappingsOptions, SqliteLedger } from "./migration/ledger/files.ts"

export type { Dialect, ForeignKey, Location, MappingConfig } from "./migration/sql/config.ts"
export { planMappingSql } from "./migration/sql/plan.ts"
export type { SqlPlan } from "./migration/sql/plan.ts"
export { mappingScripts } from "./migration/sql/scripts.ts"
export type { MappingScripts } from "./migration/sql/scripts.ts"
export { rewriteJson, rewriteText } from "./migration/rewrite.ts"
export type { Resolve } from "./migration/rewrite.ts"

export { mysqlDriver, openDatabase, pgDriver, pgliteDriver, sqliteDriver } from "./migration/live/SqlDriver.ts"
export type {
  DriverOptions,
  MysqlConnection,
  PostgresConnection,
  SqlDriver,
  SqliteDatabase,
  SqlResult,
  SqlRow
} from "./migration/live/SqlDriver.ts"
export { detectColumns } from "./migration/live/detect.ts"
export type { Candidate, DetectOptions } from "./migration/live/detect.ts"
export { planDatabase } from "./migration/live/planDatabase.ts"
export type { DatabaseConfig, DatabasePlan } from "./migration/live/planDatabase.ts"
export { applyDatabase, cleanupDatabase, dryRunDatabase, rollbackDatabase } from "./migration/live/runDatabase.ts"
export { verifyDatabase } from "./migration/live/verifyDatabase.ts"
export type {
  DryRunLocation,
  DryRunReport,
  Finding,
  MoveReport,
  NotRestored,
  RollbackReport,
  StepOptions,
  StepProgress,
  VerifyLocation,
  VerifyReport
} from "./migration/live/reports.ts"

export { readBundle } from "./migration/bundle/readBundle.ts"
export { fetchBundle } from "./migration/bundle/fetchBundle.ts"
export type { FetchBundleOptions } from "./migration/bundle/fetchBundle.ts"
export { checkBundle } from "./migration/bundle/checkBundle.ts"
export type { BundleFinding, BundleReport } from "./migration/bundle/checkBundle.ts"
export type { Bundle } from "./migration/bundle/Bundle.ts"
export { planImport } from "./migration/import/planImport.ts"
export type { ImportCounts, ImportPlan, ImportRow, PlanImportOptions } from "./migration/import/planImport.ts"
export { runImport } from "./migration/import/runImport.ts"
export type { ImportEvent, ImportReport, RunImportOptions } from "./migration/import/runImport.ts"
export { compareAccounts } from "./migration/import/compareAccounts.ts"
export type { AccountCheck, AccountReport, CompareOptions, Difference } from "./migration/import/compareAccounts.ts"
export type { MigrationClient } from "./migration/import/runtimeRows.ts"
