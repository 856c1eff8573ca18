/**
 * `--set path=value` as a record by path: JSON where it reads as JSON, text otherwise.
 */
import { usage } from "../core/failure.ts"
import { valueOf } from "../core/input.ts"

/** The values by path. */
export const setsOf = (sets: ReadonlyArray<string>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    sets.map((set) => {
      const at = set.indexOf("=")
      if (at <= 0) throw usage(`--set ${set} has no value.`, "Write it as --set path=value.")
      return [set.slice(0, at), valueOf(set.slice(at + 1))]
    })
  )
