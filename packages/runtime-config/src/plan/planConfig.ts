/**
 * Files and runtime compared, row by row.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { fail } from "../errors/RuntimeConfigError.ts"
import { type Baseline, readBaseline } from "../folder/baseline.ts"
import { type Config, type ConfigRow, withTexts } from "../folder/Config.ts"
import { type Directory, toIds, toSlugs } from "../rows/references.ts"
import { type Change, diffRows, digestOf } from "../rows/diff.ts"
import { digest, equal, isObject, pathText, rowWith, valueAt } from "../rows/json.ts"
import { isOwned, type KindName, kindOf, kindOfFolder, kinds, managed } from "../rows/kinds.ts"
import { secretsOf, stripSecrets } from "../rows/secrets.ts"
import { directoryOf, readRemote, type Remote, type RemoteRow } from "../remote/readRemote.ts"
import { type ConfigClient, rowsOf } from "../remote/rows.ts"
import { validateConfig } from "./validate.ts"
import { type Case, judge, type Verdict, withAdded } from "./judge.ts"
import { countsOf, type Plan, type Step } from "./Plan.ts"

/**
 * What a plan is about.
 *
 * @since 0.2.0
 * @category models
 */
export interface PlanOptions {
  /** Addresses or slugs; everything when there are none. */
  readonly only?: ReadonlyArray<string> | undefined
  /** Whether rows whose file is gone are deleted. */
  readonly prune?: boolean | undefined
  /** Whether rows that somebody deleted on the runtime are made again. */
  readonly recreate?: boolean | undefined
  /** The runtime's address, to stand in the plan; default: the environment's. */
  readonly baseUrl?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each list with what it brought. */
  readonly onRows?: ((kind: KindName | "credentials", rows: number) => void) | undefined
}

/** What a plan is made from, once everything was read. */
export interface Facts {
  readonly config: Config
  readonly remote: Remote
  readonly directory: Directory
}

/**
 * Says what a push would do. Reads lists only: one request for up to a thousand rows of a kind.
 *
 * @since 0.2.0
 * @category plan
 */
export const planConfig = async (aywa: ConfigClient, config: Config, options: PlanOptions = {}): Promise<Plan> =>
  (await planWithFacts(aywa, config, options)).plan

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
  const facts = { config, remote, directory: directoryFor(config, remote) }
  assertCredentials(selected, facts)
  const steps = [...selected.map((row) => stepOf(row, facts, options)), ...leftovers(facts, options)]
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

/** Slugs and ids of a configuration on a runtime. */
export const directoryFor = (config: Config, remote: Remote): Directory =>
  directoryOf(config, config.state.ids, remote.credentials, (kind) => kindOf(kind).folder)

/** The rows that are meant. */
export const select = (
  config: Pick<Config, "rows" | "state">,
  only: ReadonlyArray<string> | undefined
): ReadonlyArray<ConfigRow> => {
  if (only === undefined || only.length === 0) return config.rows
  const names = ({ address, slug, file }: ConfigRow) => [address, slug, file]
  const unknown = only.filter(
    (name) => !config.rows.some((row) => names(row).includes(name)) && !Object.hasOwn(config.state.ids, name)
  )
  if (unknown.length > 0) {
    const problems = unknown.map((name) => ({
      file: name,
      detail: "There is no file of this row. Write an address such as assistants/desk."
    }))
    fail({ _tag: "Invalid", problems })
  }
  return config.rows.filter((row) => names(row).some((name) => only.includes(name)))
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
  const made = new Set(
    steps.filter(({ action }) => action === "create" || action === "adopt").map(({ address }) => address)
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

/** The runtime's row as it is compared: with slugs, and with what the file has beyond the contract. */
export const comparedRow = (remote: RemoteRow, file: JsonObject, directory: Directory): JsonObject =>
  toSlugs(remote.kind, withFileKeys(remote, file), directory)

/** What of the runtime's row is compared, with ids. */
export const withFileKeys = ({ kind, raw, row }: RemoteRow, file: JsonObject): JsonObject => {
  const more = Object.keys(file).filter((key) => !Object.hasOwn(row, key) && !isOwned(kind, key))
  const found = more.flatMap((key) => (raw[key] === undefined || raw[key] === null ? [] : [[key, raw[key]]]))
  return found.length === 0 ? row : stripSecrets(kind, { ...row, ...Object.fromEntries(found) })
}

/** The base of a row, where this machine has the one that the state speaks of; with slugs. */
export const baselineOf = (
  row: Pick<ConfigRow, "address" | "kind">,
  id: string,
  { config, directory }: Facts
): Baseline | undefined => {
  const { state, folder, environment } = config
  const seen = Object.hasOwn(state.seen, row.address) ? state.seen[row.address] : undefined
  const baseline = readBaseline(folder, environment.name, id)
  if (seen === undefined || baseline === undefined) return undefined
  if (digest(managed(row.kind, baseline.row)) !== seen.row || digestOf(baseline.file) !== seen.file) return undefined
  return { row: toSlugs(row.kind, baseline.row, directory), file: baseline.file }
}

/** What a row is judged by. */
export const caseOf = (row: ConfigRow, remote: RemoteRow, facts: Facts): Case => {
  const { seen } = facts.config.state
  return {
    kind: row.kind,
    file: row.row,
    given: row.given,
    fileDigest: digestOf(withTexts(row, row.row)),
    remote: comparedRow(remote, row.row, facts.directory),
    remoteDigest: remote.digest,
    seen: Object.hasOwn(seen, row.address) ? seen[row.address] : undefined,
    baseline: baselineOf(row, remote.id, facts)
  }
}

const stepOf = (row: ConfigRow, facts: Facts, options: PlanOptions): Step => {
  const { address, kind } = row
  const { ids } = facts.config.state
  const id = Object.hasOwn(ids, address) ? ids[address] : undefined
  const remote = id === undefined ? undefined : facts.remote.rows.get(kind)?.get(id)
  if (remote !== undefined) return knownStep(row, remote, facts)
  if (id !== undefined && options.recreate !== true) {
    const detail = `It was deleted on the runtime. Remove ${row.file} too, or make it again with --recreate.`
    return { action: "conflict", address, kind, id, changes: [], detail }
  }
  return newStep(row, facts)
}

const knownStep = (row: ConfigRow, remote: RemoteRow, facts: Facts): Step => {
  const { address, kind } = row
  const { id, digest } = remote
  const found = judge(caseOf(row, remote, facts))
  const common = { address, kind, id, digest }
  const written = withTexts(row, row.row)
  switch (found.action) {
    case "unchanged":
      // The row goes along, so that a push can note that it was seen.
      return { action: "unchanged", ...common, changes: [], row: written }
    case "drift":
      return {
        action: "drift",
        ...common,
        changes: visible(row, found.changes),
        detail: `Changed on the runtime, not here. Take it over with config pull ${address}.`
      }
    case "conflict":
      return { action: "conflict", ...common, changes: visible(row, found.changes), detail: detailOf(row, id, found) }
    case "update":
      return {
        action: "update",
        ...common,
        changes: [...visible(row, found.changes), ...secretChanges(row, found.secretKeys)],
        set: patchOf(row, found),
        row: written
      }
  }
}

const detailOf = ({ address, file }: ConfigRow, id: string, { reason, conflicts }: Verdict): string => {
  if (reason === "never-seen") {
    return `The state has this id, but nobody has compared the rows. Take the runtime's with config pull ${address}, or go by ${file} with config adopt ${address} ${id}.`
  }
  const places = conflicts.map(({ path }) => pathText(path))
  const where = places.length === 0 ? "" : ` The same place: ${places.join(", ")}.`
  return `Changed here and on the runtime.${where} Merge with config pull ${address}, then push again.`
}

/** The whole top-level values that an update sends, with `null` for those that go. */
const patchOf = (row: ConfigRow, { target, changes, secretKeys }: Verdict): JsonObject => {
  const keys = new Set([...changes.map(({ path }) => String(path[0])), ...secretKeys])
  let whole = withTexts(row, target)
  for (const { path, value } of secretsOf(row.kind, row.row).values()) {
    if (keys.has(String(path[0]))) whole = rowWith(whole, path, value)
  }
  return Object.fromEntries([...keys].map((key) => [key, Object.hasOwn(whole, key) ? whole[key] : null]))
}

/** Changes as they may be shown: what an `${env:}` gives is not. */
const visible = ({ given }: ConfigRow, changes: ReadonlyArray<Change>): ReadonlyArray<Change> =>
  changes.map((change) => {
    let shown = change
    for (const { path, text, env } of given.values()) {
      if (!env || text === undefined || !startsWith(path, change.path)) continue
      const inside = path.slice(change.path.length)
      const put = (value: unknown, to: string) =>
        inside.length === 0
          ? to
          : valueAt(value, inside) === undefined
            ? value
            : rowWith(isObject(value) ? value : {}, inside, to)
      shown = {
        path: change.path,
        ...("before" in shown ? { before: put(shown.before, "•••") } : {}),
        ...("after" in shown ? { after: put(shown.after, text) } : {})
      }
    }
    return shown
  })

const startsWith = (path: ReadonlyArray<unknown>, start: ReadonlyArray<unknown>) =>
  start.every((part, index) => path[index] === part)

const secretChanges = (row: ConfigRow, keys: ReadonlyArray<string>): ReadonlyArray<Change> =>
  [...secretsOf(row.kind, row.row).values()]
    .filter(({ path }) => keys.includes(String(path[0])))
    .map(({ path, value }) => ({ path, after: value }))

/** A row without an id: made, unless the runtime seems to have it. */
const newStep = (row: ConfigRow, { config, remote, directory }: Facts): Step => {
  const { address, kind } = row
  const { nameOf, label } = kindOf(kind)
  const taken = new Map(Object.entries(config.state.ids).map(([other, id]) => [id, other]))
  const files = new Set(config.rows.map((each) => each.address))
  const file = stripSecrets(kind, row.row)
  const all = [...(remote.rows.get(kind)?.values() ?? [])].map((each) => {
    const compared = comparedRow(each, row.row, directory)
    return { ...each, compared, same: equal(withAdded(file, compared, undefined), compared), name: nameOf(compared) }
  })
  const name = nameOf(row.row)
  const isFree = (id: string) => {
    const owner = taken.get(id)
    return owner === undefined || !files.has(owner)
  }
  const candidates = all.filter(
    ({ id, same, name: other }) => isFree(id) && (name === undefined ? same : other === name)
  )
  const [first, second] = candidates
  if (first === undefined) {
    const written = withTexts(row, row.row)
    return { action: "create", address, kind, changes: visible(row, diffRows({}, row.row)), row: written }
  }
  if (second === undefined && first.same) {
    return {
      action: "adopt",
      address,
      kind,
      id: first.id,
      digest: first.digest,
      changes: [],
      row: withTexts(row, row.row)
    }
  }
  const before = taken.get(first.id)
  const detail =
    second !== undefined
      ? `The runtime has ${candidates.length} rows like this ${label}: ${candidates.map(({ id }) => id).join(", ")}. Say which one it is: config adopt ${address} ID.`
      : before === undefined
        ? `The runtime has a ${label} ${name} that no file knows. If it is this one: config adopt ${address} ${first.id}. Otherwise give this one another name.`
        : `It looks like ${before}, whose file is gone. If the file was renamed: config adopt ${address} ${first.id}.`
  return { action: "conflict", address, kind, id: first.id, changes: [], detail }
}

/** What the state has and no file: deleted with `prune`, told otherwise. */
const leftovers = ({ config, remote }: Facts, { prune, only = [] }: PlanOptions): ReadonlyArray<Step> => {
  const { state, rows, include } = config
  const files = new Set(rows.map(({ address }) => address))
  return (
    Object.entries(state.ids)
      .filter(([address]) => !files.has(address) && (only.length === 0 || only.includes(address)))
      .flatMap(([address, id]): ReadonlyArray<Step> => {
        const kind = kindOfFolder(address.split("/")[0] ?? "")?.name
        const row = kind === undefined ? undefined : remote.rows.get(kind)?.get(id)
        if (kind === undefined || row === undefined || !include.includes(kind)) return []
        const common = { address, kind, id, digest: row.digest, changes: [] }
        if (prune !== true)
          return [{ action: "left", ...common, detail: "Its file is gone. A push with --prune deletes it." }]
        if (state.seen[address]?.row === row.digest) return [{ action: "delete", ...common }]
        const detail = `Its file is gone, and it was changed on the runtime since. Look at it; config adopt ${address} ${id} brings it back.`
        return [{ action: "conflict", ...common, detail }]
      })
      // What refers to others goes first.
      .toSorted((a, b) => order(b.kind) - order(a.kind))
  )
}

const order = (kind: KindName): number => kinds.findIndex(({ name }) => name === kind)

/** Problems of a plan's conflicts. */
export const conflictsOf = (plan: Plan): ReadonlyArray<Problem> =>
  plan.steps.flatMap(({ action, address, detail }) =>
    action === "conflict" ? [{ file: address, detail: detail ?? "" }] : []
  )
