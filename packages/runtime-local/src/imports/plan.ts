/**
 * Second pass of an import: references are rewritten, and each row is compared with what the runtime has. Nothing is
 * written here; a plan is data, so that others are served while it comes about, and a dry run can show it.
 */
import { rewriteReferences } from "@aywa-ai/runtime-sdk/internal/contract"
import * as crypto from "node:crypto"
import type { JsonObject } from "../json/object.ts"
import type { ImportRequest } from "./bundle.ts"
import { rulesOf } from "../rows/rules.ts"
import { splitSecrets } from "../rows/secrets.ts"
import { type Kind, kinds, uniqueKeyOf } from "./kinds.ts"
import { merge } from "./merge.ts"
import { earlierRow, type Write } from "./store.ts"
import { findTargets, isTarget, type Skipped, type Target, type TargetContext, type Targets } from "./targets.ts"

/** Where one row of the bundle goes. */
export interface Mapping {
  readonly resource: string
  readonly sourceId: string
  readonly runtimeId?: string
  readonly action: "created" | "updated" | "unchanged" | "skipped"
  readonly warnings: ReadonlyArray<string>
}

/** A reference to a row that is neither in the bundle nor in the runtime. It is kept as it was. */
export interface Unresolved {
  readonly resource: string
  readonly sourceId: string
  readonly path: string
  readonly to: string
  readonly value: string
}

/** Secrets that an operator must supply. */
export interface SecretsNeeded {
  readonly resource: string
  readonly sourceId: string
  readonly runtimeId: string
  readonly name?: string
  readonly fields: ReadonlyArray<string>
}

/** Everything that an import will do. */
export interface ImportPlan {
  readonly mappings: ReadonlyArray<Mapping>
  readonly unresolved: ReadonlyArray<Unresolved>
  readonly secretsNeeded: ReadonlyArray<SecretsNeeded>
  readonly warnings: ReadonlyArray<string>
  readonly writes: ReadonlyArray<Write>
  /** The instant that the rows say: what they are listed by must be the same. */
  readonly now: number
}

/** What planning works with. */
export interface PlanContext extends TargetContext {
  /** Epoch milliseconds of the import. */
  readonly now: number
}

/** Plans an import, row by row: between two rows others may be served. */
export function* planImport(context: PlanContext, request: ImportRequest): Generator<void, ImportPlan> {
  const targets = yield* findTargets(context, request)
  const mappings: Array<Mapping> = []
  const unresolved: Array<Unresolved> = []
  const secretsNeeded: Array<SecretsNeeded> = []
  const writes: Array<Write> = []
  for (const outcome of targets.rows) {
    if (isTarget(outcome)) {
      const planned = planRow(context, request.source, targets, outcome)
      mappings.push(planned.mapping)
      unresolved.push(...planned.unresolved)
      if (planned.secrets !== undefined) secretsNeeded.push(planned.secrets)
      if (planned.write !== undefined) writes.push(planned.write)
    } else mappings.push(skippedMapping(outcome))
    yield
  }
  const warnings = summary(request, targets.rows, unresolved.length, secretsNeeded.length)
  return { mappings, unresolved, secretsNeeded, warnings, writes: inListOrder(writes), now: context.now }
}

interface Planned {
  readonly mapping: Mapping
  readonly unresolved: ReadonlyArray<Unresolved>
  readonly secrets: SecretsNeeded | undefined
  readonly write: Write | undefined
}

const planRow = (context: PlanContext, source: string, targets: Targets, target: Target): Planned => {
  const { kind, sourceId, runtimeId, mapped, existing, needed } = target
  const warnings = [...target.warnings]
  const { row, unresolved } = rewriteReferences(kind.name, target.row, (reference) => {
    const doubt = targets.doubtful(reference)
    if (doubt !== undefined) warnings.push(`${reference.at}: ${doubt}`)
    return targets.resolve(reference)
  })
  for (const { at, to, value } of unresolved) {
    warnings.push(`${at}: kept, but neither the bundle nor this runtime has ${JSON.stringify(value)} in ${to}`)
  }
  const base = JSON.stringify(row)
  const hash = crypto.hash("sha256", base, "base64url")
  const common = { kind: kind.name, sourceId, runtimeId, hash, base, mapped }
  let action: Mapping["action"] = "created"
  let write: Write | undefined
  if (existing === undefined) {
    const at = new Date(context.now).toISOString()
    const whole = { id: runtimeId, orgId: context.organization, createdAt: at, updatedAt: at, ...row }
    write = { ...common, ...storedForms(kind, whole), uniqueKey: uniqueKeyOf(kind, row), over: undefined }
  } else if (mapped?.hash === hash) action = "unchanged"
  else {
    const changed = change(context, source, target, existing.seq, row)
    action = changed === undefined ? "unchanged" : "updated"
    warnings.push(
      ...(changed?.replaced ?? []).map((key) => `${key}: it was changed here, too; what the source has stands`)
    )
    write = {
      ...common,
      body: changed?.body,
      secrets: changed?.secrets ?? null,
      uniqueKey: changed?.uniqueKey ?? null,
      over: { seq: existing.seq, version: existing.version }
    }
  }
  const wanting = needed.length > 0 && (existing === undefined || existing.disabled === 1)
  if (wanting) warnings.push(supply(target))
  return {
    mapping: { resource: kind.resource, sourceId, runtimeId, action, warnings },
    unresolved: unresolved.map(({ at, to, value }) => ({ resource: kind.resource, sourceId, path: at, to, value })),
    secrets: wanting
      ? {
          resource: kind.resource,
          sourceId,
          runtimeId,
          ...(target.name === undefined ? {} : { name: target.name }),
          fields: needed
        }
      : undefined,
    write
  }
}

/** The stored row with what the source changed since the last import; `undefined` when that changes nothing. */
const change = (context: PlanContext, source: string, { kind, sourceId }: Target, seq: number, next: JsonObject) => {
  const earlier = earlierRow(context.store, context.organization, source, kind.name, sourceId, seq)
  if (earlier === undefined) return undefined
  const { row, replaced } = merge(earlier.base, earlier.current, next)
  if (row === earlier.current) return undefined
  const whole = { ...row, updatedAt: new Date(context.now).toISOString() }
  return { ...storedForms(kind, whole), uniqueKey: uniqueKeyOf(kind, row), replaced }
}

/** A row as clients read it, and what it hides. */
const storedForms = ({ name }: Kind, row: JsonObject) => {
  const { visible, secrets } = splitSecrets(row, rulesOf(name), {})
  return {
    body: JSON.stringify(visible),
    secrets: Object.keys(secrets).length === 0 ? null : JSON.stringify(secrets)
  }
}

const supply = ({ kind, needed }: Target): string =>
  kind.name === "credentials"
    ? `created disabled: supply ${needed.join(", ")} and set enabled to true`
    : `secrets do not come with a bundle: supply ${needed.join(", ")}`

const skippedMapping = ({ kind, sourceId, reason }: Skipped): Mapping => ({
  resource: kind.resource,
  sourceId,
  action: "skipped",
  warnings: [`skipped: ${reason}`]
})

const summary = (
  request: ImportRequest,
  rows: ReadonlyArray<Target | Skipped>,
  dangling: number,
  secrets: number
): ReadonlyArray<string> => {
  const warnings = request.unknown
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name}: ${count} skipped: the runtime has no such resource`)
  for (const { name, label, skipped } of kinds) {
    const count = rows.filter((row) => row.kind.name === name && !isTarget(row)).length
    if (count > 0) warnings.push(`${label}: ${count} skipped${skipped === undefined ? "" : `: ${skipped}`}`)
  }
  if (dangling > 0) warnings.push(`${dangling} references lead to nothing and were kept`)
  if (secrets > 0) warnings.push(`${secrets} rows need secrets that only you can supply`)
  return warnings
}

/** Newest first is how lists answer and how bundles are exported: what stands first is to be written last. */
const inListOrder = (writes: ReadonlyArray<Write>): ReadonlyArray<Write> =>
  kinds.flatMap(({ name }) => writes.filter(({ kind }) => kind === name).toReversed())
