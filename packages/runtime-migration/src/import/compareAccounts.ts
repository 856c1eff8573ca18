/**
 * The validation checklist of a migration, as something that runs: source and runtime, field by field.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { type Bundle, canonical, idOf, isObject, type Kind, rowsOf } from "../bundle/Bundle.ts"
import { bare, masked } from "../bundle/secrets.ts"
import { addresses } from "../bundle/serverUrls.ts"
import type { Mapping } from "../ledger/Mapping.ts"
import { type AcceptedDifference, type Difference, makeAcceptance } from "./acceptance.ts"
import { idsIn, kindsIn, type MigrationClient, readRuntime, targetsOf, wantedOf } from "./runtimeRows.ts"

/**
 * One item of the checklist.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountCheck {
  readonly id: "assistants" | "tools" | "structuredOutputs" | "credentials" | "telephony" | "webhooks" | "leftovers"
  readonly ok: boolean
  /** Rows, or webhook addresses, that were compared. */
  readonly compared: number
  readonly differences: ReadonlyArray<Difference>
  /** Differences that `accept` names. They do not count. */
  readonly accepted: ReadonlyArray<Difference>
}

/**
 * The checklist.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountReport {
  readonly ok: boolean
  readonly checks: ReadonlyArray<AccountCheck>
  /** Entries of `accept` that no difference needs any more. */
  readonly unused: ReadonlyArray<AcceptedDifference>
}

/**
 * Options of `compareAccounts`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompareOptions {
  readonly mappings: Iterable<Mapping>
  /** Names the source account. Default `vapi`. */
  readonly source?: string | undefined
  /** Differences that are meant. A `Difference` is such an entry as it is. */
  readonly accept?: ReadonlyArray<AcceptedDifference> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Compares a source account with the runtime: assistants, tools, structured outputs, credentials and telephony field by
 * field, with references as they must be; webhook addresses; ids of the source that are left in the runtime. Reads only.
 *
 * **Details**
 *
 * Fields that only the runtime has are its own business. Secrets cannot be compared: `credentials` says which rows are
 * still disabled.
 *
 * @since 0.1.0
 * @category import
 */
export const compareAccounts = async (
  aywa: MigrationClient,
  bundle: Bundle,
  options: CompareOptions
): Promise<AccountReport> => {
  checkOptions("compareAccounts", options, { mappings: true, source: true, accept: true, signal: true })
  const { mappings, source = "vapi", accept = [], signal } = options
  const acceptance = makeAcceptance(accept)
  const targets = targetsOf(mappings, source)
  const runtime = await readRuntime(aywa, kindsIn(bundle), targets, signal)
  const checks = new Map<AccountCheck["id"], { compared: number; readonly differences: Array<Difference> }>()
  for (const id of ids) checks.set(id, { compared: 0, differences: [] })
  const of = (id: AccountCheck["id"]) => checks.get(id) ?? { compared: 0, differences: [] }
  const sourceIds = new Set(Object.values(bundle).flatMap((rows) => rows.map(idOf)))
  const bundleIds = idsIn(bundle)
  const runtimeIds = new Set([...targets.values()].flatMap((kind) => [...kind.values()]))
  for (const kind of kindsIn(bundle)) {
    const check = of(kind.name === "phoneNumbers" ? "telephony" : (kind.name as AccountCheck["id"]))
    for (const given of rowsOf(bundle, kind)) {
      check.compared++
      const sourceId = idOf(given)
      const runtimeId = targets.get(kind.name)?.get(sourceId)
      const row = { resource: kind.resource, sourceId, ...(runtimeId === undefined ? {} : { runtimeId }) }
      const stored = runtimeId === undefined ? undefined : runtime.get(kind.name)?.get(runtimeId)
      if (stored === undefined) {
        const message =
          runtimeId === undefined ? "it is in no ledger: it was not imported" : "the runtime has no such row any more"
        check.differences.push({ ...row, path: "", message })
        continue
      }
      const wanted = wantedOf(bundleIds, kind, given, targets).row
      const now = bare(kind.name, stored)
      for (const key of Object.keys(wanted)) {
        if (own(kind, key)) continue
        for (const found of differ(wanted[key], now[key], key)) check.differences.push({ ...row, ...found })
      }
      check.differences.push(...stateOf(kind, row, stored))
      compareWebhooks(row, wanted, stored, of("webhooks"))
      findLeftovers(row, stored, sourceIds, runtimeIds, of("leftovers"))
    }
  }
  const all = ids.map((id): AccountCheck => {
    const { compared, differences: found } = of(id)
    const accepted = found.filter(acceptance.takes)
    const differences = found.filter((difference) => !accepted.includes(difference))
    return { id, ok: differences.length === 0, compared, differences, accepted }
  })
  return { ok: all.every(({ ok }) => ok), checks: all, unused: acceptance.unused() }
}

const ids = ["assistants", "tools", "structuredOutputs", "credentials", "telephony", "webhooks", "leftovers"] as const

/** What each platform says of its own row. */
const own = ({ name }: Kind, key: string): boolean =>
  (name === "phoneNumbers" && key === "status") || (name === "credentials" && key === "enabled")

type Row = Pick<Difference, "resource" | "sourceId" | "runtimeId">

const stateOf = ({ name }: Kind, row: Row, stored: JsonObject): ReadonlyArray<Difference> => {
  if (name === "credentials" && stored["enabled"] === false) {
    return [{ ...row, path: "enabled", message: "it is disabled: supply its secrets, and enable it" }]
  }
  if (name === "phoneNumbers" && typeof stored["status"] === "string" && stored["status"] === "blocked") {
    return [{ ...row, path: "status", message: "the runtime cannot use this number" }]
  }
  return []
}

function* differ(
  wanted: unknown,
  stored: unknown,
  path: string
): Generator<Pick<Difference, "path" | "message" | "source" | "runtime">> {
  if (canonical(wanted) === canonical(stored) && (wanted === undefined) === (stored === undefined)) return
  if (isObject(wanted) && isObject(stored)) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(stored)])) {
      yield* differ(wanted[key], stored[key], `${path}.${key}`)
    }
  } else if (Array.isArray(wanted) && Array.isArray(stored) && wanted.length === stored.length) {
    for (const [at, item] of wanted.entries()) yield* differ(item, stored[at], `${path}[${at}]`)
  } else {
    const message =
      stored === undefined
        ? "the runtime does not have it"
        : wanted === undefined
          ? "only the runtime has it"
          : "it differs"
    yield {
      path,
      message,
      ...(wanted === undefined ? {} : { source: masked(wanted) }),
      ...(stored === undefined ? {} : { runtime: masked(stored) })
    }
  }
}

interface Check {
  compared: number
  readonly differences: Array<Difference>
}

/** Addresses that events go to: the same on both sides, and of a kind that a runtime can reach. */
const compareWebhooks = (row: Row, wanted: JsonObject, stored: JsonObject, check: Check): void => {
  for (const { path, url } of addresses(wanted, "")) {
    check.compared++
    const now = addresses(stored, "").find((other) => other.path === path)?.url
    if (now !== url) {
      const runtime = now === undefined ? {} : { runtime: now }
      check.differences.push({ ...row, path, message: "events go elsewhere, or nowhere", source: url, ...runtime })
    } else if (!/^(https|wss):/i.test(url)) {
      check.differences.push({
        ...row,
        path,
        message: "events would cross the network in the clear: use https or wss",
        source: url
      })
    }
  }
}

/** Ids of the source anywhere in a row of the runtime, inside of texts too. */
const findLeftovers = (
  row: Row,
  stored: JsonObject,
  sourceIds: ReadonlySet<string>,
  runtimeIds: ReadonlySet<string>,
  check: Check
): void => {
  check.compared++
  const look = (value: unknown, path: string): void => {
    if (typeof value === "string") {
      for (const [id] of value.matchAll(/[A-Za-z0-9_-]{8,}/g)) {
        if (!sourceIds.has(id) || runtimeIds.has(id)) continue
        check.differences.push({ ...row, path, message: `an id of the source is left: ${id}` })
      }
    } else if (Array.isArray(value)) {
      for (const [at, item] of value.entries()) look(item, `${path}[${at}]`)
    } else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) look(item, path === "" ? key : `${path}.${key}`)
    }
  }
  look(stored, "")
}
