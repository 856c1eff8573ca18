/**
 * What the one-file entries have in place of `effect/Inspectable`: Effect's own values are printed by nobody there.
 */
import { format } from "./Formatter.ts"

export const NodeInspectSymbol = Symbol.for("nodejs.util.inspect.custom")

export const toJson = format
export const toStringUnknown = format
