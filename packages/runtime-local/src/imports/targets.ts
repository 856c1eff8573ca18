/**
 * First pass of an import: which row of the runtime each row of the bundle is, or becomes. With that known, every
 * reference can be rewritten before anything is written, however rows refer to each other.
 */
import { type FoundReference, withoutOwnedFields } from "@aywa-ai/runtime-sdk/internal/contract"
import type { Ids } from "../time/ids.ts"
import type { Store } from "../store/Store.ts"
import type { JsonObject } from "../json/object.ts"
import { compile, explain } from "../rows/validation.ts"
import type { ImportRequest } from "./bundle.ts"
import { type Kind, kinds, uniqueKeyOf } from "./kinds.ts"
import { stripSecrets } from "./secrets.ts"
import { type Existing, existingRows, type Mapped, mappedRows } from "./store.ts"

/** A row of the bundle that will be stored. */
export interface Target {
  readonly kind: Kind
  readonly sourceId: string
  readonly runtimeId: string
  /** Without secrets and without what the source owned. References are those of the source. */
  readonly row: JsonObject
  readonly needed: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  readonly mapped: Mapped | undefined
  readonly existing: Existing | undefined
  /** What other rows will know it by. */
  readonly name: string | undefined
}

/** A row of the bundle that is left out, and why. */
export interface Skipped {
  readonly kind: Kind
  readonly sourceId: string
  readonly reason: string
}

/** The outcome of the first pass, in the order of the bundle. */
export interface Targets {
  readonly rows: ReadonlyArray<Target | Skipped>
  /** What is to stand in place of a reference; `undefined` when nothing is known of the row that it means. */
  readonly resolve: (reference: FoundReference) => string | undefined
  /** Why a name is not certain to mean one assistant, if so. */
  readonly doubtful: (reference: FoundReference) => string | undefined
}

/** What the first pass works with. */
export interface TargetContext {
  readonly store: Store
  readonly ids: Ids
  readonly organization: string
}

/** What is known of the rows of one kind, before the bundle and while its rows are looked at. */
interface KindState {
  readonly kind: Kind
  /** Rows of earlier imports, by the id that they have in the source. */
  readonly mapped: ReadonlyMap<string, Mapped>
  /** Rows of the organization, by their id. */
  readonly existing: ReadonlyMap<string, Existing>
  /** Rows of the bundle that become rows of the runtime, by the id that they have in the source. */
  readonly targets: Map<string, Target>
  /** Ids in the source that the bundle had already. */
  readonly seen: Set<string>
  /** Who has what may exist only once. */
  readonly owners: Map<string | null, string>
}

/** Finds the targets, row by row: between two rows others may be served. */
export function* findTargets(context: TargetContext, request: ImportRequest): Generator<void, Targets> {
  const states = new Map<string, KindState>()
  const rows: Array<Target | Skipped> = []
  for (const kind of kinds) {
    const state = stateOf(context, request.source, kind)
    states.set(kind.name, state)
    for (const [index, row] of (request.rows[kind.name] ?? []).entries()) {
      const outcome = targetOf(context, state, row, index)
      rows.push(outcome)
      if (isTarget(outcome)) state.targets.set(outcome.sourceId, outcome)
      yield
    }
  }
  return { rows, ...resolver(states) }
}

/** Tells the two outcomes apart. */
export const isTarget = (outcome: Target | Skipped): outcome is Target => "runtimeId" in outcome

const stateOf = ({ store, organization }: TargetContext, source: string, kind: Kind): KindState => {
  const mapped = mappedRows(store, organization, source, kind.name)
  const existing = existingRows(store, organization, kind.name)
  return {
    kind,
    mapped: new Map(mapped.map((row) => [row.sourceId, row])),
    existing: new Map(existing.map((row) => [row.id, row])),
    targets: new Map(),
    seen: new Set(),
    owners: new Map(existing.map((row) => [row.uniqueKey, row.id]))
  }
}

const targetOf = (
  { ids }: TargetContext,
  { kind, seen, owners, ...state }: KindState,
  source: JsonObject,
  index: number
): Target | Skipped => {
  const { id } = source
  const sourceId = typeof id === "string" && id !== "" ? id : `${kind.name}[${index}]`
  const skip = (reason: string): Skipped => ({ kind, sourceId, reason })
  if (kind.skipped !== undefined) return skip(kind.skipped)
  if (sourceId !== id) return skip("it has no id: a second import could not know it again")
  if (seen.has(sourceId)) return skip("the bundle has another row with this id")
  seen.add(sourceId)
  const mapped = state.mapped.get(sourceId)
  const existing = mapped === undefined ? undefined : state.existing.get(mapped.runtimeId)
  const { row: stripped, needed } = stripSecrets(kind.name, source)
  const row = withoutOwnedFields(kind.name, stripped)
  const problems = problemsOf(kind, row)
  if (problems.length > 0) return skip(`clients could not read it: ${problems.join("; ")}`)
  const runtimeId = existing?.id ?? ids.uuid()
  const key = uniqueKeyOf(kind, row)
  const owner = key === null ? undefined : owners.get(key)
  if (owner !== undefined && owner !== runtimeId) return skip(`this organization has its number already: ${owner}`)
  if (key !== null) owners.set(key, runtimeId)
  return {
    kind,
    sourceId,
    runtimeId,
    row: kind.name === "credentials" ? { ...row, enabled: false } : row,
    needed,
    warnings: [...limitsOf(kind, row), ...(mapped !== undefined && existing === undefined ? [deletedSince] : [])],
    mapped,
    existing,
    name: typeof row["name"] === "string" ? row["name"] : undefined
  }
}

const deletedSince = "it was imported before and deleted here since: it is created again"

const checks = new Map<string, (value: unknown) => boolean>()

const check = (kind: Kind, side: "row" | "create", value: unknown): boolean => {
  const schema = kind[side]
  if (schema === undefined) return true
  const name = `${kind.name}.${side}`
  const matches = checks.get(name) ?? compile(schema)
  checks.set(name, matches)
  return matches(value)
}

const frame = { id: "id", orgId: "org", createdAt: "time", updatedAt: "time" }

const problemsOf = (kind: Kind, row: JsonObject): ReadonlyArray<string> => {
  const whole = { ...frame, ...row }
  return kind.row === undefined || check(kind, "row", whole) ? [] : explain(kind.row, whole)
}

/** What a create would refuse and an import keeps. Missing secrets are another matter. */
const limitsOf = (kind: Kind, row: JsonObject): ReadonlyArray<string> => {
  if (kind.create === undefined || kind.name === "credentials" || check(kind, "create", row)) return []
  const problems = explain(kind.create, row).filter((problem) => !/^twilio\w+: Missing/.test(problem))
  return problems.map((problem) => `kept, although a create would refuse it: ${problem}`)
}

const resolver = (states: ReadonlyMap<string, KindState>): Pick<Targets, "resolve" | "doubtful"> => {
  const { targets, existing } = states.get("assistants") ?? {}
  const assistants = [...(targets?.values() ?? [])]
  const named = groupBy(assistants, ({ name }) => name)
  const own = new Set(assistants.map(({ runtimeId }) => runtimeId))
  const others = new Set(
    [...(existing?.values() ?? [])].flatMap((row) => (row.name === null || own.has(row.id) ? [] : [row.name]))
  )
  const byId = ({ to, value }: FoundReference): string | undefined => {
    const state = states.get(to)
    const earlier = state?.mapped.get(value)?.runtimeId
    return (
      state?.targets.get(value)?.runtimeId ??
      (earlier !== undefined && state?.existing.has(earlier) ? earlier : undefined) ??
      (state?.existing.has(value) ? value : undefined)
    )
  }
  const byName = ({ value }: FoundReference): string | undefined => {
    const [target, ...more] = named.get(value) ?? []
    if (target === undefined) return others.has(value) ? value : undefined
    return more.length > 0 ? value : nameNow(target)
  }
  return {
    resolve: (reference) => (reference.by === "id" ? byId(reference) : byName(reference)),
    doubtful: ({ by, value }) => {
      if (by === "id") return undefined
      const same = named.get(value) ?? []
      if (same.length > 1) return `${same.length} assistants of the bundle have the name ${JSON.stringify(value)}`
      return same.length === 1 && others.has(value)
        ? `another assistant of this organization has the name ${JSON.stringify(value)}, too`
        : undefined
    }
  }
}

/** The name that a row will have: the source's, unless only the runtime's was changed since the last import. */
const nameNow = ({ name, existing, mapped }: Target): string | undefined =>
  existing !== undefined && existing.name !== null && mapped?.name === name ? existing.name : name

const groupBy = <A>(items: ReadonlyArray<A>, f: (item: A) => string | undefined): ReadonlyMap<string, Array<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const item of items) {
    const key = f(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
