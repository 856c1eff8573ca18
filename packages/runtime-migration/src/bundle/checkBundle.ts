/**
 * Checks a bundle before anything is imported.
 *
 * @since 0.1.0
 */
import type { FoundReference, JsonObject } from "@aywa-ai/runtime-sdk"
import { findReferences, secretsNeeded } from "@aywa-ai/runtime-sdk/contract"
import { type Bundle, idOf, type Kind, kindOf, kinds, rowsOf } from "./Bundle.ts"
import { createIssues } from "./createIssues.ts"

/**
 * Something that the import of a bundle will stumble over, or that its operator has to do.
 *
 * @since 0.1.0
 * @category models
 */
export interface BundleFinding {
  /** `error`: the row, or what refers to it, will not work. `warning`: it will, differently. `info`: to know. */
  readonly level: "error" | "warning" | "info"
  readonly code:
    | "missing-id"
    | "duplicate-id"
    | "dangling-reference"
    | "reference-by-name"
    | "ambiguous-name"
    | "duplicate-name"
    | "duplicate-number"
    | "secret-needed"
    | "limit"
    | "not-imported"
    | "unknown-list"
  readonly resource: string
  readonly sourceId: string
  /** The field, such as `model.toolIds[0]`. */
  readonly path?: string
  /** What will happen. */
  readonly what: string
  /** What the operator must supply or decide, if anything. */
  readonly supply?: string
}

/**
 * What a check of a bundle found.
 *
 * @since 0.1.0
 * @category models
 */
export interface BundleReport {
  readonly counts: Readonly<Record<string, number>>
  readonly findings: ReadonlyArray<BundleFinding>
  readonly errors: number
  readonly warnings: number
}

/**
 * Checks a bundle against what is known of both platforms: references that lead nowhere or go by name, names and
 * numbers that occur twice, secrets that no export has, values that a create would refuse, rows that a runtime does
 * not store. Each finding says what will happen and what the operator must supply. No secret is in it.
 *
 * @since 0.1.0
 * @category bundle
 */
export const checkBundle = (bundle: Bundle): BundleReport => {
  const findings: Array<BundleFinding> = []
  const ids = new Map(kinds.map((kind) => [kind.name as string, new Set(rowsOf(bundle, kind).map(idOf))]))
  const names = countBy(rowsOf(bundle, assistantKind), ({ name }) => name)
  const counts: Record<string, number> = {}
  for (const [name, list] of Object.entries(bundle)) {
    if (kindOf(name) === undefined && Array.isArray(list) && list.length > 0) {
      findings.push({
        level: "warning",
        code: "unknown-list",
        resource: name,
        sourceId: "",
        what: `${list.length} rows are not imported: the runtime has no such resource`
      })
    }
  }
  for (const kind of kinds) {
    const rows = rowsOf(bundle, kind)
    counts[kind.name] = rows.length
    const seen = new Set<string>()
    for (const [at, row] of rows.entries()) {
      const sourceId = idOf(row)
      const say: Say = (level, code, what, more = {}) =>
        findings.push({
          level,
          code,
          resource: kind.resource,
          sourceId: sourceId === "" ? `${kind.name}[${at}]` : sourceId,
          what,
          ...more
        })
      if (sourceId === "") {
        say("error", "missing-id", "it is skipped: a second import could not know it again", { supply: "its id" })
      } else if (seen.has(sourceId))
        say("error", "duplicate-id", "it is skipped: the bundle has another row with this id")
      seen.add(sourceId)
      if (kind.skipped !== undefined) say("warning", "not-imported", `it is not imported: ${kind.skipped}`)
      checkReferences(kind, row, ids, names, say)
      checkSecrets(kind, row, say)
      checkLimits(kind, row, say)
    }
    checkTwice(kind, rows, findings)
  }
  const count = (level: BundleFinding["level"]) => findings.filter((finding) => finding.level === level).length
  return { counts, findings, errors: count("error"), warnings: count("warning") }
}

type Say = (
  level: BundleFinding["level"],
  code: BundleFinding["code"],
  what: string,
  more?: { readonly path?: string; readonly supply?: string }
) => void

const assistantKind: Kind = kindOf("assistants") ?? { name: "assistants", resource: "assistant" }

const countBy = (rows: ReadonlyArray<JsonObject>, of: (row: JsonObject) => unknown): ReadonlyMap<unknown, number> => {
  const counts = new Map<unknown, number>()
  for (const row of rows) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1)
  return counts
}

const checkReferences = (
  kind: Kind,
  row: JsonObject,
  ids: ReadonlyMap<string, ReadonlySet<string>>,
  names: ReadonlyMap<unknown, number>,
  say: Say
): void => {
  for (const reference of findReferences(kind.name, row)) {
    const { by, to, value, at } = reference
    if (by === "name") checkName(reference, names.get(value) ?? 0, say)
    else if (ids.get(to)?.has(value) !== true) {
      say(
        "error",
        "dangling-reference",
        `it refers to ${value} in ${to}, which the bundle does not have: the id is kept`,
        {
          path: at,
          supply: `the row ${value}, or another reference`
        }
      )
    }
  }
}

const checkName = ({ at, value }: FoundReference, count: number, say: Say): void => {
  const name = JSON.stringify(value)
  if (count === 1) {
    say("info", "reference-by-name", `it refers to the assistant by its name ${name}: it breaks when that is renamed`, {
      path: at
    })
  } else if (count === 0) {
    say("error", "dangling-reference", `it refers to an assistant ${name}, which the bundle does not have`, {
      path: at,
      supply: `an assistant with the name ${name}`
    })
  } else {
    say(
      "warning",
      "ambiguous-name",
      `${count} assistants have the name ${name}: the runtime decides which one is meant`,
      {
        path: at,
        supply: "different names, or an id"
      }
    )
  }
}

const checkSecrets = ({ name }: Kind, row: JsonObject, say: Say): void => {
  for (const path of secretsNeeded(name, row)) {
    const what =
      name === "credentials"
        ? "it is created without its secret, disabled: secrets are in no export"
        : "its secret is in no export"
    say("warning", "secret-needed", what, { path, supply: `${path}, by hand` })
  }
}

const checkLimits = ({ name }: Kind, row: JsonObject, say: Say): void => {
  for (const { path, message } of createIssues(name, row)) {
    say("warning", "limit", `it is imported as it is, but a create would refuse it: ${message}`, {
      path: path.join("."),
      supply: "a value within the limits, before the row is created or written anew by hand"
    })
  }
}

const checkTwice = (kind: Kind, rows: ReadonlyArray<JsonObject>, findings: Array<BundleFinding>): void => {
  const field = kind.name === "phoneNumbers" ? "number" : kind.name === "assistants" ? "name" : undefined
  if (field === undefined) return
  const counts = countBy(rows, (row) => row[field])
  for (const row of rows) {
    const value = row[field]
    const count = counts.get(value) ?? 0
    if (typeof value !== "string" || value === "" || count < 2) continue
    findings.push({
      level: field === "number" ? "error" : "warning",
      code: field === "number" ? "duplicate-number" : "duplicate-name",
      resource: kind.resource,
      sourceId: idOf(row),
      path: field,
      what:
        field === "number"
          ? `${count} rows have this number: only the first is imported`
          : `${count} assistants have this name: references by name cannot tell them apart`,
      supply: field === "number" ? "which of them is to stay" : "different names, if any reference goes by name"
    })
  }
}
