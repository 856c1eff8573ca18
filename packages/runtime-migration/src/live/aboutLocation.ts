/**
 * What the catalog says about a location: what is refused, what is to be read before.
 */
import type { Dialect } from "../sql/config.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import { aboutTriggers } from "./aboutTriggers.ts"
import { enumWay } from "./byHand.ts"
import type { Catalog, ColumnInfo, TableInfo } from "./catalog.ts"
import { tableInfo } from "./completeLocation.ts"
import type { Finding } from "./reports.ts"

const uuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

type Words = ReadonlyArray<readonly [level: Finding["level"], message: string]>

/** The findings of a location. */
export const aboutLocation = (
  dialect: Dialect,
  catalog: Catalog,
  location: PlannedLocation,
  keepUpdatedAt: boolean
): ReadonlyArray<Finding> => {
  const info = tableInfo(catalog, location)
  const column = info?.columns.find(({ name }) => name === location.column)
  if (info === undefined || column === undefined) return []
  const words = [
    ...aboutColumn(dialect, info, column, location),
    ...aboutUniques(info, location),
    ...aboutHistory(info),
    ...aboutTriggers(info, dialect === "mysql" ? "impossible" : keepUpdatedAt)
  ]
  return words.map(([level, message]) => ({ level, subject: location.label, message }))
}

const bytesType = /^(bytea|binary|varbinary|(tiny|medium|long)?blob)/

const aboutColumn = (dialect: Dialect, info: TableInfo, column: ColumnInfo, location: PlannedLocation): Words => {
  const { kind, set, twoStep } = location
  const { type } = column
  const words: Array<readonly [Finding["level"], string]> = []
  const refuse = (message: string) => words.push(["error", message])
  if (info.view) refuse("this is a view: name the table behind it")
  if (column.generated) refuse("the database computes this column: name the column that it is computed from")
  if (dialect === "postgres") {
    if (/^jsonb?\[\]$/.test(type)) {
      refuse(
        `this is ${type}: no kind rewrites JSON in a list. Write its rows by hand, or make the column jsonb before`
      )
    } else if (type.endsWith("[]") && kind !== "array") refuse(`this is ${type}: its kind is array`)
    if (kind === "id" && /^jsonb?$/.test(type)) refuse(`this is ${type}: its kind is json-path, json-any or text`)
    const odd = set.entries.find(({ target }) => !uuid.test(target))
    if (/^uuid(\[\])?$/.test(type) && odd !== undefined) {
      refuse(`the column takes UUIDs only, and ${odd.source} becomes ${odd.target}: name the resource of this location`)
    }
  }
  const width = Number(/^(?:var)?char(?:acter varying|acter)?\((\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY)
  const long = kind === "id" ? set.entries.find(({ target }) => target.length > width) : undefined
  if (long !== undefined) refuse(`${long.target} is longer than ${type}`)
  if (twoStep && width < 36) refuse(`reserved values of twoStep have 36 characters, too many for ${type}`)
  if (bytesType.test(type) && dialect !== "sqlite" && (kind !== "id" || twoStep)) {
    refuse(`this is ${type}: only whole ids can be rewritten in it (kind id, without twoStep)`)
  }
  const targets = new Map(set.entries.map(({ source, target }) => [source, target]))
  const way = enumWay(dialect, column, (id) => targets.get(id))
  if (way !== undefined) refuse(dialect === "postgres" ? `${way}. Leave the column out of the locations then` : way)
  return words
}

const aboutUniques = ({ uniques }: TableInfo, { kind, twoStep, set, column, key }: PlannedLocation): Words => {
  const words: Array<readonly [Finding["level"], string]> = []
  const unique = uniques.find((columns) => columns.includes(column))
  if (kind === "id" && !twoStep && set.overlap.length > 0 && unique !== undefined) {
    const message = `${set.overlap.length} ids are source and target, and (${unique.join(", ")}) is unique: rows would collide half-way. Set twoStep to go through reserved values.`
    words.push(["error", message])
  }
  if (set.merged.length > 0 && unique !== undefined) {
    const message =
      "several ids become one, and the column is part of a unique constraint: merge those rows by hand first"
    words.push(["error", message])
  }
  if (!uniques.some((columns) => columns.every((name) => key.some(({ column }) => column === name)))) {
    const names = key.map(({ column }) => column).join(", ")
    words.push(["error", `(${names}) is not unique: it cannot find one row`])
  }
  return words
}

const aboutHistory = ({ versioned }: TableInfo): Words =>
  versioned
    ? [
        [
          "warning",
          "its history is kept: every row that is written adds one to it, with the old id, and that one stays after cleanup"
        ]
      ]
    : []
