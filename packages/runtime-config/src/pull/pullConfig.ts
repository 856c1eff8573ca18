/**
 * The runtime's changes brought into the files: merged with the file's own, never over them.
 *
 * @since 0.2.0
 */
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { fail } from "../errors/RuntimeConfigError.ts"
import { type Config, type ConfigRow, withTexts } from "../folder/Config.ts"
import { writeWhole } from "../folder/io.ts"
import { changeRowFile, newRowFile } from "../folder/rowFile.ts"
import { type Case, lift, onlyPlacesOf, withAdded } from "../plan/judge.ts"
import { caseOf, comparedRow, directoryFor, type Facts, select } from "../plan/planConfig.ts"
import { locked } from "../ledger/lock.ts"
import { type Ledger, openLedger } from "../ledger/ledger.ts"
import { readRemote, type Remote, type RemoteRow, remoteRow } from "../remote/readRemote.ts"
import { type ConfigClient, rowsOf } from "../remote/rows.ts"
import { applyChanges, type Change, diffRows } from "../rows/diff.ts"
import { equal, type Path, pathText } from "../rows/json.ts"
import { freeSlug, type KindName, kindOf, kindOfFolder, slugOf } from "../rows/kinds.ts"
import { mergeRows } from "../rows/merge.ts"
import { stripSecrets } from "../rows/secrets.ts"

/**
 * What a pull takes.
 *
 * @since 0.2.0
 * @category models
 */
export interface PullOptions {
  /** Addresses or slugs; everything when there are none. */
  readonly only?: ReadonlyArray<string> | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each list with what it brought. */
  readonly onRows?: ((kind: KindName | "credentials", rows: number) => void) | undefined
}

/**
 * What a pull did.
 *
 * @since 0.2.0
 * @category models
 */
export interface PullReport {
  /** Files that were written: new ones, and those with changes of the runtime in them. */
  readonly written: ReadonlyArray<{
    readonly address: string
    readonly file: string
    readonly change: "new" | "merged"
  }>
  /** Number of files that have everything already. */
  readonly unchanged: number
  /** Rows that both sides changed at the same place. Their files are untouched; `SLUG.theirs.*` lies beside each. */
  readonly conflicts: ReadonlyArray<Problem>
  /** Rows of the state that the runtime has no longer. Their files are untouched. */
  readonly gone: ReadonlyArray<string>
}

/**
 * Brings what was changed on the runtime into the files, per JSON path, prompts line by line. Rows that no file has get
 * one. A file that has a change of its own at the same place is left as it is, and the runtime's row is put beside it.
 *
 * **Details**
 *
 * Comments, order and style of hand-edited YAML stay. Read the configuration with `missing: "keep"`: a pull sends nothing.
 *
 * @since 0.2.0
 * @category pull
 */
export const pullConfig = (aywa: ConfigClient, config: Config, options: PullOptions = {}): Promise<PullReport> =>
  locked(config.folder, config.environment.name, async () => {
    const selected = select(config, options.only)
    const remote = await readRemote(rowsOf(aywa), config, options)
    const fresh =
      options.only === undefined || options.only.length === 0 ? newRows(config, remote) : { rows: [], problems: [] }
    const state = {
      ...config.state,
      ids: { ...config.state.ids, ...Object.fromEntries(fresh.rows.map(({ row, id }) => [row.address, id])) }
    }
    const whole: Config = { ...config, state, rows: [...config.rows, ...fresh.rows.map(({ row }) => row)] }
    const facts: Facts = { config: whole, remote, directory: directoryFor(whole, remote) }
    const ledger = openLedger(
      { ...whole, state: { ...state, ids: config.state.ids } },
      remote.credentials,
      config.environment.organizationId ?? remote.organizationId
    )
    const written: Array<PullReport["written"][number]> = []
    const conflicts = [...fresh.problems]
    const gone: Array<string> = []
    for (const { row, id } of fresh.rows) {
      const found = remote.rows.get(row.kind)?.get(id)
      if (found === undefined) continue
      written.push({ address: row.address, file: writeNew(facts, ledger, row, found), change: "new" })
    }
    let unchanged = 0
    for (const row of selected) {
      const id = Object.hasOwn(config.state.ids, row.address) ? config.state.ids[row.address] : undefined
      const found = id === undefined ? undefined : remote.rows.get(row.kind)?.get(id)
      if (found === undefined) {
        if (id !== undefined) gone.push(row.address)
        continue
      }
      const result = pullRow(facts, ledger, row, found)
      if (result === undefined) unchanged++
      else if ("detail" in result) conflicts.push(result)
      else written.push({ address: row.address, file: result.file, change: "merged" })
    }
    return { written, unchanged, conflicts, gone }
  })

/** Rows that no file has, each with an address that is free. */
const newRows = (config: Config, remote: Remote) => {
  const known = new Set(Object.values(config.state.ids))
  const taken = new Set(config.rows.map(({ address }) => address))
  const rows: Array<{ row: ConfigRow; id: string }> = []
  const problems: Array<Problem> = []
  for (const kind of config.include) {
    const { folder, nameOf, label } = kindOf(kind)
    const unknown = [...(remote.rows.get(kind)?.values() ?? [])].filter(({ id }) => !known.has(id))
    // The oldest first, so that it gets the plain slug whenever this runs.
    for (const { id, row } of unknown.toReversed()) {
      const name = nameOf(row)
      const twin = config.rows.find(
        (each) =>
          each.kind === kind &&
          name !== undefined &&
          nameOf(each.row) === name &&
          !Object.hasOwn(config.state.ids, each.address)
      )
      if (twin !== undefined) {
        const detail = `The runtime has a ${label} ${name} that may be this one. If it is: config adopt ${twin.address} ${id}.`
        problems.push({ file: twin.address, detail })
        continue
      }
      const isTaken = (slug: string) =>
        taken.has(`${folder}/${slug}`) || Object.hasOwn(config.state.ids, `${folder}/${slug}`)
      const slug = freeSlug(slugOf(kind === "webhookEndpoints" ? urlName(row) : name, kindOf(kind)), isTaken)
      const address = `${folder}/${slug}`
      taken.add(address)
      rows.push({ id, row: { address, kind, slug, file: "", written: {}, row: {}, given: new Map() } })
    }
  }
  return { rows, problems }
}

const urlName = ({ url }: JsonObject): string => String(url).replace(/^https?:\/\//, "")

const writeNew = ({ config, directory }: Facts, ledger: Ledger, row: ConfigRow, remote: RemoteRow): string => {
  const content = comparedRow(remote, {}, directory)
  const { ending, text } = newRowFile(row.kind, content)
  const file = `${row.address}${ending}`
  writeWhole(join(config.folder, file), text)
  ledger.saw(row.address, row.kind, remote, content)
  return file
}

/** Nothing to do, the file that was written, or why it was not. */
const pullRow = (
  facts: Facts,
  ledger: Ledger,
  row: ConfigRow,
  remote: RemoteRow
): { file: string } | Problem | undefined => {
  const input = withKept(caseOf(row, remote, facts))
  const theirs = theirChanges(input)
  if (theirs.conflicts.length > 0) return besides(facts, row, remote, theirs.conflicts)
  const blocked = theirs.changes.flatMap(({ path }) => givenAt(row, path))
  if (blocked.length > 0) return besides(facts, row, remote, blocked)
  const next = theirs.changes.length === 0 ? row.written : applyChanges(row.written, theirs.changes, theirs.target)
  const base =
    theirs.base === undefined ? withTexts(row, applyChanges(row.row, theirs.changes, theirs.target)) : theirs.base
  const file = equal(next, row.written) ? undefined : rewrite(facts, row, next)
  ledger.saw(row.address, row.kind, remote, base)
  removeTheirs(facts.config, row)
  return file === undefined ? undefined : { file }
}

/** Variables that are not set here are no difference. */
const withKept = (input: Case): Case => {
  const unset = [...input.given.values()].filter(
    ({ env, text, path }) => env && text !== undefined && textAt(input.file, path) === text
  )
  if (unset.length === 0) return input
  const keep = (row: JsonObject, from: JsonObject) =>
    applyChanges(
      row,
      diffRows(row, from).filter(({ path }) => unset.some((one) => touches(one.path, path))),
      from
    )
  return { ...input, file: keep(input.file, input.baseline?.row ?? input.remote) }
}

const textAt = (row: JsonObject, path: Path): unknown => {
  let at: unknown = row
  for (const part of path) at = Reflect.get(Object(at), part)
  return at
}

const touches = (a: Path, b: Path): boolean => {
  const length = Math.min(a.length, b.length)
  return a.slice(0, length).every((part, index) => part === b[index])
}

interface Theirs {
  readonly changes: ReadonlyArray<Change>
  /** What the changes lead to. */
  readonly target: JsonObject
  readonly conflicts: ReadonlyArray<string>
  /** What the file would say without changes of its own; `undefined`: what it says. */
  readonly base?: JsonObject | undefined
}

/** What the runtime changed since the base, and where the file did too. */
const theirChanges = (input: Case): Theirs => {
  const { kind, file, remote, baseline, seen } = input
  if (baseline !== undefined) {
    const ours = lift(input, baseline)
    const { row, conflicts } = mergeRows(baseline.row, ours, remote)
    return {
      changes: diffRows(ours, row),
      target: row,
      conflicts: conflicts.map(({ path }) => pathText(path)),
      base: applyChanges(baseline.file, diffRows(baseline.row, remote), remote)
    }
  }
  const ours = withAdded(stripSecrets(kind, file), remote, seen === undefined ? undefined : new Set(seen.added))
  const changes = diffRows(ours, remote)
  const nothing = { changes: [], target: ours, conflicts: [] }
  if (changes.length === 0) return nothing
  if (seen !== undefined && seen.row === input.remoteDigest) {
    // Only the file changed, if at all. What it said before is not known here, but what the runtime has is.
    return seen.file === input.fileDigest
      ? nothing
      : { ...nothing, base: onlyPlacesOf(stripSecrets(kind, file), remote) }
  }
  // The file is as it was when it was last seen with the runtime: everything else is theirs.
  if (seen !== undefined && seen.file === input.fileDigest) return { changes, target: remote, conflicts: [] }
  return { changes: [], target: remote, conflicts: changes.map(({ path }) => pathText(path)) }
}

/** Why a change cannot be written into the file itself. */
const givenAt = ({ given }: ConfigRow, path: Path): ReadonlyArray<string> =>
  [...given.values()]
    .filter((one) => touches(one.path, path))
    .map(({ path: at, text }) => `${pathText(at)} (given by ${text ?? "the environment's overrides"})`)

const rewrite = ({ config }: Facts, row: ConfigRow, next: JsonObject): string => {
  const path = join(config.folder, row.file)
  const { ending, text } = changeRowFile(row.kind, readFileSync(path, "utf8"), row.file, next)
  const file = row.file.endsWith(ending) ? row.file : `${row.address}${ending}`
  writeWhole(join(config.folder, file), text)
  if (file !== row.file) rmSync(path)
  return file
}

/** Puts the runtime's row beside the file. */
const besides = (facts: Facts, row: ConfigRow, remote: RemoteRow, places: ReadonlyArray<string>): Problem => {
  const { ending, text } = newRowFile(row.kind, comparedRow(remote, row.row, facts.directory))
  const file = `${row.address}.theirs${ending}`
  removeTheirs(facts.config, row)
  writeWhole(join(facts.config.folder, file), text)
  return {
    file: row.file,
    detail: `Changed here and on the runtime: ${[...new Set(places)].join(", ")}. The runtime's is ${file}. Put what you want to keep into ${row.file}, then config adopt ${row.address} ${remote.id}, and push.`
  }
}

const removeTheirs = ({ folder }: Config, { address }: ConfigRow): void => {
  for (const ending of [".md", ".yaml"]) rmSync(join(folder, `${address}.theirs${ending}`), { force: true })
}

/**
 * Says that a file is a row of the runtime. What differs is from then on a change of the file, which the next plan shows;
 * without a file, one is written. Reads the row; sends nothing else.
 *
 * @since 0.2.0
 * @category pull
 */
export const adoptRow = (
  aywa: ConfigClient,
  config: Config,
  address: string,
  id: string,
  options: { readonly signal?: AbortSignal | undefined } = {}
): Promise<{ readonly file: string; readonly differences: number }> =>
  locked(config.folder, config.environment.name, async () => {
    const [folder = "", slug = ""] = address.split("/")
    const kind = kindOfFolder(folder)?.name
    if (kind === undefined || !/^[a-z0-9][a-z0-9-]*$/.test(slug)) {
      return fail({
        _tag: "Invalid",
        problems: [{ file: address, detail: "Expected a kind's folder and a slug, such as assistants/desk." }]
      })
    }
    const runtime = rowsOf(aywa)
    const { row: raw } = await runtime.of(kind).get(id, options)
    const one = remoteRow(kind, raw)
    const remote = await readRemote(runtime, { include: [], rows: config.rows }, options)
    const existing = config.rows.find((row) => row.address === address)
    const known: Config = { ...config, state: { ...config.state, ids: { ...config.state.ids, [address]: id } } }
    const ledger = openLedger(config, remote.credentials, config.environment.organizationId)
    if (existing === undefined) {
      const row: ConfigRow = { address, kind, slug, file: "", written: {}, row: {}, given: new Map() }
      const whole: Config = { ...known, rows: [...config.rows, row] }
      const facts: Facts = { config: whole, remote, directory: directoryFor(whole, remote) }
      return { file: writeNew(facts, ledger, row, one), differences: 0 }
    }
    const compared = comparedRow(one, existing.row, directoryFor(known, remote))
    const file = stripSecrets(kind, existing.row)
    ledger.saw(address, kind, one, onlyPlacesOf(file, compared))
    removeTheirs(config, existing)
    return { file: existing.file, differences: diffRows(withAdded(file, compared, undefined), compared).length }
  })
