/**
 * `migrate runbook`: the procedure as a checklist, rehearsed on a copy.
 */
import { rehearseDatabase, writeRunbook } from "@aywa-ai/runtime-migration"
import { exitCodes } from "../core/failure.ts"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import { type DatabaseInput, prepare } from "./database.ts"

/** What `migrate runbook` takes. */
export interface RunbookInput extends DatabaseInput {
  readonly bundle: string | undefined
  readonly rehearse: boolean
  readonly output: string | undefined
}

/** Writes the runbook. Exit code 1 where the rehearsal found something that has to be solved first. */
export const runbook = async (input: RunbookInput, session: Session): Promise<number> => {
  const { out } = session
  const { driver, plan, step } = await prepare(input, session)
  if (input.rehearse) await session.confirm("Rewrite the ids in this database and put them back? It has to be a copy.")
  const rehearsal = input.rehearse ? await rehearseDatabase(driver, plan, step) : undefined
  out.status(undefined)
  const { mapping, config, bundle, output } = input
  const text = writeRunbook(plan, { mapping, config, bundle, rehearsal })
  if (output === undefined) out.raw(text)
  else {
    await writeWhole(output, text)
    out.result({ file: output, ...(rehearsal && { rehearsal }) }, () => `${output}: nine steps, to be filled in`)
  }
  const isSmooth = rehearsal === undefined || (rehearsal.problems.length === 0 && rehearsal.notRestored.length === 0)
  return isSmooth ? exitCodes.ok : exitCodes.differences
}
