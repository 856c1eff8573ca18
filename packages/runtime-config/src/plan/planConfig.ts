/**
 * Files and runtime compared, row by row.
 *
 * @since 0.2.0
 */
import type { Problem } from "../errors/Problem.ts"
import { fail } from "../errors/RuntimeConfigError.ts"
import type { Config, ConfigRow } from "../folder/Config.ts"
import { readRemote, type Remote } from "../remote/readRemote.ts"
import { type ConfigClient, rowsOf } from "../remote/rows.ts"
import { type KindName, kinds } from "../rows/kinds.ts"
import { toIds } from "../rows/references.ts"
import { directoryFor, type Facts, select } from "./facts.ts"
import { checkPlanOptions, type PlanOptions } from "./options.ts"
import { countsOf, type Plan, type Step } from "./Plan.ts"
import { leftovers, stepsOf } from "./steps.ts"
import { validateConfig } from "./validate.ts"

/**
 * Says what a push would do. Reads lists only: one request for up to a thousand rows of a kind.
 *
 * @since 0.2.0
 * @category plan
 */
export const planConfig = async (aywa: ConfigClient, config: Config, options: PlanOptions = {}): Promise<Plan> => {
  checkPlanOptions("planConfig", options)
  return (await planWithFacts(aywa, config, options)).plan
}

/** The plan, and what it was made from. */
export const planWithFacts = async (
  aywa: ConfigClient,
  config: Config,
  options: PlanOptions
): Promise<{ readonly plan: Plan; readonly facts: Facts }> => {
  const selected = select(config, options.only)
  const { errors, warnings } = validateConfig(config)
  const wrong = errors.filter(
    ({ file }) => selected.some((row) => row.file === file) || !config.rows.some((row) => row.file === file)
  )
  if (wrong.length > 0) fail({ _tag: "Invalid", problems: wrong })
  const remote = await readRemote(rowsOf(aywa), config, options)
  assertOrganization(config, remote)
  const before = { config, remote, directory: directoryFor(config, remote) }
  assertCredentials(selected, before)
  const { steps, facts } = judgeAll(selected, before, options)
  assertReferences(steps, facts)
  const { baseUrl, organizationId, name } = config.environment
  const organization = organizationId ?? remote.organizationId ?? config.state.organizationId
  const address = options.baseUrl ?? baseUrl
  return {
    facts,
    plan: {
      formatVersion: 1,
      environment: name,
      ...(address === undefined ? {} : { baseUrl: address }),
      ...(organization === undefined ? {} : { organizationId: organization }),
      steps,
      counts: countsOf(steps),
      warnings: warnings.filter(({ file }) => selected.some((row) => row.file === file))
    }
  }
}

/** Row by row: a row that is found on the runtime has an id for those that refer to it. */
const judgeAll = (rows: ReadonlyArray<ConfigRow>, before: Facts, options: PlanOptions) => {
  let facts = before
  const steps: Array<Step> = []
  for (const row of rows) {
    const found = stepsOf(row, facts, options)
    steps.push(...found)
    for (const { action, address, id } of found) {
      if (action !== "adopt" || id === undefined) continue
      const { config, remote } = facts
      const grown = { ...config, state: { ...config.state, ids: { ...config.state.ids, [address]: id } } }
      facts = { config: grown, remote, directory: directoryFor(grown, remote) }
    }
  }
  return { steps: [...steps, ...leftovers(before, options)], facts: { ...facts, config: before.config } }
}

const assertOrganization = ({ state, environment }: Config, { organizationId }: Remote): void => {
  const file = `state/${environment.name}.json`
  const [wanted, from] =
    environment.organizationId === undefined
      ? [state.organizationId, file]
      : [environment.organizationId, `environments/${environment.name}.yaml`]
  const other = organizationId ?? environment.organizationId
  for (const [expected, place] of [
    [wanted, from],
    [state.organizationId, file]
  ]) {
    if (expected === undefined || other === undefined || expected === other) continue
    fail({
      _tag: "Conflict",
      problems: [
        {
          file: place ?? file,
          detail: `It belongs to organization ${expected}, but the runtime answers for ${other}. Check the key, the organization and --env.`
        }
      ]
    })
  }
}

/** Credentials are found before anything is sent. */
const assertCredentials = (rows: ReadonlyArray<ConfigRow>, { directory }: Facts): void => {
  const problems = rows.flatMap(({ kind, row, file }) =>
    toIds(kind, row, directory).problems.map((problem) => ({ ...problem, file }))
  )
  if (problems.length > 0) fail({ _tag: "Invalid", problems })
}

/** A new row may refer to rows of this plan, or to rows that are there. */
const assertReferences = (steps: ReadonlyArray<Step>, { directory }: Facts): void => {
  // A row that is refused stops the push, or those that refer to it: with words of its own.
  const made = new Set(
    steps.flatMap(({ action, address }) => (["create", "adopt", "conflict"].includes(action) ? [address] : []))
  )
  const problems = steps.flatMap(({ action, kind, row, address }) =>
    row === undefined || (action !== "create" && action !== "update")
      ? []
      : toIds(kind, row, directory)
          .pending.filter(({ to, value }) => !made.has(`${folderOf(to)}/${value}`))
          .map(({ at, to, value }) => ({
            file: address,
            path: at,
            detail: `${folderOf(to)}/${value} is not on the runtime, and not in this plan. Push it too.`
          }))
  )
  if (problems.length > 0) fail({ _tag: "Invalid", problems })
}

const folderOf = (to: KindName | "credentials" | undefined): string =>
  kinds.find(({ name }) => name === to)?.folder ?? ""

/** Problems of a plan's conflicts. */
export const conflictsOf = (plan: Plan): ReadonlyArray<Problem> =>
  plan.steps.flatMap(({ action, address, detail }) =>
    action === "conflict" ? [{ file: address, detail: detail ?? "" }] : []
  )
