/**
 * Everything in one transaction.
 */
import * as Sql from "../sql/statements.ts"
import { tables } from "../sql/dialect.ts"
import { ofRange, type Step, type Unit } from "../sql/units.ts"
import { sleeping } from "./aboutTriggers.ts"
import { check, select } from "./checks.ts"
import { isBrokenKey, isBusy } from "./databaseError.ts"
import { heldAnywhere, type HeldRow, holders, tablesOf } from "./heldRows.ts"
import { dropKept, keepTimes, makeKept } from "./keptTimes.ts"
import { keptIds, takeLateChildren } from "./lateRows.ts"
import { type BlockedBy, makePatience, patiently } from "./locks.ts"
import { rangePiece } from "./pieces.ts"
import type { StepOptions } from "./reports.ts"
import { inTransaction, numberOf, runAll } from "./SqlDriver.ts"
import { labelsOf } from "./unitRows.ts"
import { type Count, type Moving, writeSafely } from "./write.ts"

/** Once more where rows came since the dry run that refer to others: they go with them. */
export const inOneOrTwo = async (
  moving: Moving,
  units: ReadonlyArray<Unit>,
  guards: () => Promise<void>,
  count: Count
): Promise<void> => {
  const counted: Array<Parameters<Count>> = []
  const later: Count = (...written) => counted.push(written)
  const work = async (late: boolean) => {
    counted.length = 0
    await patiently(
      labelsOf(moving.plan.locations),
      () => inOne(moving, units, guards, later, late),
      moving.patience,
      () => blockedBy(moving, units)
    )
  }
  const once = async () => {
    try {
      await work(false)
    } catch (error) {
      if (moving.step !== "apply" || !isBrokenKey(error)) throw error
      await work(true)
    }
  }
  await (moving.plan.keeps.length > 0 ? keeping(moving, once) : once())
  for (const written of counted) count(...written)
}

/** Some work while columns stay although triggers set them. */
const keeping = async ({ driver, plan, patience, options }: Moving, work: () => Promise<void>): Promise<void> => {
  const drop = () => dropKept(driver, plan, makePatience({ ...options, signal: undefined }))
  try {
    await makeKept(driver, plan, plan.locations, patience, new Set())
    await work()
  } catch (error) {
    // What it failed with tells more; the next step drops what is left.
    await drop().catch(() => undefined)
    throw error
  }
  await drop()
}

/** Milliseconds: what is written is lost where a lock is not had, so that it is worth a while. */
const lockTimeout = ({ patience = 30_000 }: StepOptions): number => Math.max(100, Math.min(3000, Math.ceil(patience)))

const inOne = async (
  moving: Moving,
  units: ReadonlyArray<Unit>,
  guards: () => Promise<void>,
  count: Count,
  late: boolean
): Promise<void> => {
  const { driver, plan, options } = moving
  const { before, after } = Sql.deferral(plan)
  try {
    await inTransaction(driver, plan.prefix, async () => {
      if (plan.dialect === "postgres") await driver.run(`SET LOCAL lock_timeout = ${lockTimeout(options)}`)
      if (plan.keeps.length > 0) await driver.run(keepTimes)
      await guards()
      if (plan.dialect === "postgres") await runAll(driver, Sql.byKey)
      if (late) await takeLateChildren(driver, plan, plan.locations, undefined)
      const kept = moving.step === "rollback" ? await keptIds(driver, plan, plan.locations, undefined) : undefined
      const [asleep, awake] = sleeping(plan, plan.locations)
      await runAll(driver, [...asleep, ...before])
      for (const unit of units) {
        for (const step of unit.steps) {
          const total = await sizeOf(moving, step)
          for (let first = 1; first <= total; first += plan.chunk) {
            check(options.signal)
            const last = Math.min(total, first + plan.chunk - 1)
            const { values } = await writeSafely(moving, step, ofRange(first, last), kept, last - first + 1)
            count(step, values)
            options.onProgress?.({ step: moving.step, location: labelsOf(step.locations), done: last, total })
          }
        }
      }
      await runAll(driver, [...after, ...awake])
    })
  } catch (error) {
    // The session goes on after us: what was turned off for it is turned on again. Elsewhere the transaction did that.
    if (plan.dialect === "mysql") await runAll(driver, after).catch(() => undefined)
    throw error
  }
}

/** The ledger rows of a step, by their highest number. */
export const sizeOf = async ({ driver, plan }: Pick<Moving, "driver" | "plan">, { location }: Step): Promise<number> =>
  numberOf((await select(driver, `SELECT MAX(n) AS n FROM ${tables(plan).ledger(location)}`))["n"])

/** Rows that are looked at in a transaction of their own. */
const looked = 1000

/** What is to be said where the transaction was stopped by others. */
const blockedBy = async (moving: Moving, units: ReadonlyArray<Unit>): Promise<Partial<BlockedBy>> => {
  const { driver, plan } = moving
  const pieces = async (step: Step) => {
    const total = await sizeOf(moving, step)
    return Array.from({ length: Math.ceil(total / looked) }, (_, at) =>
      rangePiece(at * looked + 1, Math.min(total, (at + 1) * looked))
    )
  }
  if (plan.dialect === "sqlite") return {}
  const held = await heldAnywhere(driver, plan, units, pieces).catch((error: unknown): ReadonlyArray<HeldRow> => {
    if (isBusy(error)) return []
    throw error
  })
  const who = await holders(driver, tablesOf(plan, units)).catch(() => "")
  return {
    ...(who !== "" && { detail: who }),
    rows: held.map(({ location, key }) => ({ location, key }))
  }
}
