/**
 * The table of numbers as a file: where each led before, and where it is to lead.
 */
import { existsSync, readFileSync } from "node:fs"
import { isObject } from "../bundle/Bundle.ts"
import { fail } from "../errors/MigrationError.ts"
import { replaceFile } from "../ledger/files.ts"
import type { NumberCarrier, Routing } from "./provider.ts"

/** One number. */
export interface Entry {
  readonly number: string
  /** The carrier's id. */
  readonly id: string
  readonly before: Routing
  readonly target: Routing
}

/** Reads the table of an account; a file that is not there is an empty one. */
export const readTable = (file: string, { name, account }: NumberCarrier): ReadonlyArray<Entry> => {
  if (!existsSync(file)) return []
  const unreadable = (detail: string) => fail({ _tag: "UnreadableFile", file, detail })
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return unreadable("this is not JSON")
  }
  const numbers = isObject(json) ? json["numbers"] : undefined
  if (!isObject(json) || !Array.isArray(numbers) || !numbers.every(isEntry))
    return unreadable("this is no table of numbers")
  if (json["carrier"] !== name || json["account"] !== account) {
    return unreadable(`it is of ${String(json["carrier"])} ${String(json["account"])}, not of ${name} ${account}`)
  }
  return numbers
}

const isEntry = (value: unknown): value is Entry =>
  isObject(value) &&
  typeof value["number"] === "string" &&
  typeof value["id"] === "string" &&
  isRouting(value["before"]) &&
  isRouting(value["target"])

const isRouting = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((item) => typeof item === "string")

/** Writes it in one step, for its owner alone: addresses may be keys to what they lead to. */
export const writeTable = (file: string, { name, account }: NumberCarrier, numbers: ReadonlyArray<Entry>): void =>
  replaceFile(file, `${JSON.stringify({ carrier: name, account, numbers }, undefined, 2)}\n`)

/** Whether two routings are the same. */
export const isSame = (one: Routing, other: Routing): boolean =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every((name) => (one[name] ?? "") === (other[name] ?? ""))

/** A routing without what is only for its owner: queries, users and passwords of addresses. */
export const shown = (routing: Routing): Routing =>
  Object.fromEntries(
    Object.entries(routing).flatMap(([name, value]) => {
      if (value === "") return []
      if (!URL.canParse(value) || !value.includes("://")) return [[name, value]]
      const { protocol, host, pathname, search, username } = new URL(value)
      return [[name, `${protocol}//${username === "" ? "" : "…@"}${host}${pathname}${search === "" ? "" : "?…"}`]]
    })
  )
