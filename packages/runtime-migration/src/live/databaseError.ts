/**
 * Errors of a driver, turned into ones that say where: location, key, statement.
 */
import { isMigrationError, MigrationError } from "../errors/MigrationError.ts"
import type { SqlDriver } from "./SqlDriver.ts"

const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined
  const code: unknown = Reflect.get(error, "code")
  return typeof code === "string" ? code : undefined
}

/** Locks that others hold: a deadlock, a time-out, a serialization failure; what is tried again goes through. */
const busy = /^(40P01|40001|55P03|ER_LOCK_(WAIT_TIMEOUT|DEADLOCK|NOWAIT)|ER_CHECKREAD)$/

/** Whether an error says that others hold locks, or that the database is busy. */
export const isBusy = (error: unknown): boolean => {
  const cause = isMigrationError(error) ? error.cause : error
  return busy.test(codeOf(cause) ?? "") || (cause instanceof Error && /database is (locked|busy)/.test(cause.message))
}

/** Whether an error says that another row has a value of a unique column. */
export const isDuplicate = (error: unknown): boolean =>
  /^(23505|ER_DUP_ENTRY)$/.test(codeOf(isMigrationError(error) ? error.cause : error) ?? "")

/** Whether an error says that others held locks for too long. */
export const isBlocked = (
  error: unknown
): error is MigrationError & { readonly reason: { readonly _tag: "Blocked" } } =>
  isMigrationError(error) && error.reason._tag === "Blocked"

/** Whether an error says that a foreign key would not hold. */
export const isBrokenKey = (error: unknown): boolean => {
  const cause = isMigrationError(error) ? error.cause : error
  return codeOf(cause) === "23503" || (cause instanceof Error && /FOREIGN KEY constraint failed/.test(cause.message))
}

/** Whether a statement failed, at whatever place. */
export const isStatementFailure = (
  error: unknown
): error is MigrationError & { readonly reason: { readonly _tag: "StatementFailed" } } =>
  isMigrationError(error) && error.reason._tag === "StatementFailed"

/** Statements can be as long as a mapping. */
const shown = 300

const failed = (error: unknown, statement: string): unknown => {
  if (isMigrationError(error) || !(error instanceof Error) || codeOf(error) === undefined) return error
  const text = statement.replaceAll(/\s+/g, " ")
  const reason = {
    _tag: "StatementFailed",
    location: undefined,
    key: undefined,
    statement: text.length > shown ? `${text.slice(0, shown)} …` : text,
    detail: error.message
  } as const
  return new MigrationError(reason, { cause: error })
}

/** A driver whose errors name their statement. */
export const namingStatements = (driver: SqlDriver): SqlDriver => ({
  ...driver,
  run: async (sql, parameters) => {
    try {
      return await driver.run(sql, parameters)
    } catch (error) {
      throw failed(error, sql)
    }
  }
})

/** Names the place of what fails in some work. */
export const at = async <A>(location: string, work: () => Promise<A>, key?: string): Promise<A> => {
  try {
    return await work()
  } catch (error) {
    throw placed(error, location, key)
  }
}

/** An error with its place, if it has none yet. */
export const placed = (error: unknown, location: string, key?: string): unknown =>
  isStatementFailure(error) &&
  (error.reason.location === undefined || (error.reason.key === undefined && key !== undefined))
    ? new MigrationError({ ...error.reason, location: error.reason.location ?? location, key }, { cause: error.cause })
    : error
