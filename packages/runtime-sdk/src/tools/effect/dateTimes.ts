/**
 * Where a schema takes a date and time as text. A codec says no more of it than that it is text, and reads whatever
 * `Date` reads: the model is told `format: "date-time"`, and the decoder takes nothing else.
 */
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { placeOf } from "../places.ts"

/** How Effect makes a date of text. A transformation of somebody's own may read another notation. */
const fromText: ReadonlySet<unknown> = new Set([
  SchemaTransformation.dateFromString,
  SchemaTransformation.dateTimeUtcFromString,
  // The same, made again inside of Schema.
  ...[Schema.DateFromString, Schema.DateTimeUtcFromString].flatMap(({ ast }) =>
    (ast.encoding ?? []).map(({ transformation }) => transformation)
  )
])

/** The places, by the names of fields and `items`, at which the JSON codec of a schema reads a date from text. */
export const dateTimePlaces = (codec: SchemaAST.AST, root: ReadonlyArray<string>): ReadonlySet<string> => {
  const places = new Set<string>()
  const inside = new Set<SchemaAST.AST>()

  /** `true` where all that may stand here is a date, or nothing. */
  const visit = (ast: SchemaAST.AST, path: ReadonlyArray<string>): boolean => {
    const last = ast.encoding?.at(-1)
    if (last !== undefined) {
      return last.to.encoding === undefined && last.to._tag === "String" && fromText.has(last.transformation)
        ? true
        : visit(last.to, path)
    }
    if (ast._tag === "Null" || ast._tag === "Undefined") return true
    if (inside.has(ast)) return false
    inside.add(ast)
    const result = inner(ast, path)
    inside.delete(ast)
    return result
  }

  const inner = (ast: SchemaAST.AST, path: ReadonlyArray<string>): boolean => {
    const mark = (type: SchemaAST.AST, at: ReadonlyArray<string>) => {
      if (visit(type, at)) places.add(placeOf(at))
    }
    switch (ast._tag) {
      case "Objects":
        for (const { name, type } of ast.propertySignatures) mark(type, [...path, String(name)])
        return false
      case "Arrays": {
        const at = [...path, "items"]
        const all = [...ast.elements, ...ast.rest].map((item) => visit(item, at))
        if (all.length > 0 && all.every(Boolean)) places.add(placeOf(at))
        return false
      }
      case "Union":
        return ast.types.map((type) => visit(type, path)).every(Boolean)
      case "Suspend":
        return visit(ast.thunk(), path)
      default:
        return false
    }
  }

  visit(codec, root)
  return places
}
