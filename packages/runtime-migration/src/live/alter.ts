/**
 * PostgreSQL: changes to the customer's tables that are undone behind a step, each in a short transaction of its own.
 */
import { holders } from "./heldRows.ts"
import { type Patience, patiently } from "./locks.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** Alters a table, or waits until that can be done: nobody else waits behind us for longer than a moment. */
export const alter = (
  driver: SqlDriver,
  label: string,
  table: string,
  statements: ReadonlyArray<string>,
  patience: Patience
): Promise<void> => {
  const work = async () => {
    await driver.run("BEGIN")
    try {
      await driver.run("SET LOCAL lock_timeout = '200ms'")
      for (const statement of statements) await driver.run(statement)
      await driver.run("COMMIT")
    } catch (error) {
      await driver.run("ROLLBACK").catch(() => undefined)
      throw error
    }
  }
  return patiently(label, work, patience, async () => ({ detail: await holders(driver, [table]) }))
}

/** Tries before what something is for is set aside. */
const tries = 5

/** A patience that gives up after some tries. */
export const impatient = (patience: Patience): Patience => {
  let left = tries
  return { ...patience, isOver: () => patience.isOver() || --left <= 0 }
}
