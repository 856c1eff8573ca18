/**
 * Reads what a contract file says about itself: its interfaces with their fields, and the words about operations.
 */
import { readFileSync } from "node:fs"
import { parseSync } from "oxc-parser"

/** A field of an interface. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly optional: boolean
  readonly doc: string
}

/** An exported interface or type. */
export interface Declared {
  readonly name: string
  readonly doc: string
  /** What it extends, or what a type alias stands for. */
  readonly of: string
  readonly fields: ReadonlyArray<Field>
}

/** A contract file. */
export interface Source {
  readonly doc: string
  readonly declared: ReadonlyArray<Declared>
  /** Words about the operations of the table, by name. */
  readonly operations: ReadonlyMap<string, string>
}

/** Reads a contract file. */
export const readSource = (path: string): Source => {
  const text = readFileSync(path, "utf8")
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`)
  const slice = ({ start, end }: { start: number; end: number }) => text.slice(start, end).replace(/\s+/g, " ").trim()
  const docOf = (node: { readonly start: number }): string => {
    const before = comments.findLast(
      ({ type, value, end }) => type === "Block" && value.startsWith("*") && end <= node.start
    )
    return before !== undefined && text.slice(before.end, node.start).trim() === "" ? prose(before.value) : ""
  }
  const declared: Array<Declared> = []
  const operations = new Map<string, string>()
  for (const statement of program.body) {
    if (statement.type !== "ExportNamedDeclaration" || statement.declaration === null) continue
    const node = statement.declaration
    const doc = docOf(statement)
    if (node.type === "TSInterfaceDeclaration") {
      const fields = node.body.body.flatMap((member) =>
        member.type === "TSPropertySignature"
          ? [
              {
                name: slice(member.key),
                type: member.typeAnnotation ? slice(member.typeAnnotation).replace(/^: ?/, "") : "unknown",
                optional: member.optional,
                doc: docOf(member)
              }
            ]
          : []
      )
      declared.push({ name: node.id.name, doc, of: node.extends.map(slice).join(", "), fields })
    } else if (node.type === "TSTypeAliasDeclaration") {
      declared.push({ name: node.id.name, doc, of: slice(node.typeAnnotation), fields: [] })
    } else if (node.type === "VariableDeclaration") {
      for (const { init } of node.declarations) {
        if (init?.type !== "ObjectExpression") continue
        for (const property of init.properties) {
          if (property.type === "Property") operations.set(slice(property.key), docOf(property))
        }
      }
    }
  }
  const first = comments.find(({ type, value }) => type === "Block" && value.startsWith("*"))
  return { doc: first === undefined ? "" : prose(first.value), declared, operations }
}

/** The words of a doc comment, without its tags. */
const prose = (comment: string): string =>
  comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*+ ?/, "").trimEnd())
    .filter((line) => !/^@(since|category)\b/.test(line))
    .join("\n")
    .trim()
