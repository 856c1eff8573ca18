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
  /** What stands beside the operations of the table, by name. */
  readonly operations: ReadonlyMap<string, DocumentedOperation>
}

/** An operation of the table, as its source has it. */
export interface DocumentedOperation {
  readonly doc: string
  /** The code of its `@example`. */
  readonly example: string
  /** Name of the body's type; empty when there is none. */
  readonly body: string
  /** Name of the query's type; empty when there is none. */
  readonly query: string
  /** Name of the answer's type; empty when it has none of its own. */
  readonly answer: string
}

/** Reads a contract file. */
export const readSource = (path: string): Source => {
  const text = readFileSync(path, "utf8")
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`)
  const slice = ({ start, end }: { start: number; end: number }) => text.slice(start, end).replace(/\s+/g, " ").trim()
  const commentOf = (node: { readonly start: number }): string => {
    const before = comments.findLast(
      ({ type, value, end }) => type === "Block" && value.startsWith("*") && end <= node.start
    )
    return before !== undefined && text.slice(before.end, node.start).trim() === "" ? before.value : ""
  }
  const docOf = (node: { readonly start: number }): string => prose(commentOf(node))
  const declared: Array<Declared> = []
  const operations = new Map<string, DocumentedOperation>()
  /** Types of the schemas that the file declares, by the schema's name. */
  const types = new Map(
    [...text.matchAll(/const (\w+) = (?:ruled\(\s*|tagged\(\s*)?(?:codec|described)<(\w+)>/g)].map(
      ([, name = "", type = ""]) => [name, type] as const
    )
  )
  const typeIn = (code: string, key: string): string => {
    const value = new RegExp(`${key}: (?:page\\(|gone\\()?(?:(?:inputOf|form|codec)<(\\w+)>|(\\w+))`).exec(code)
    return value?.[1] ?? types.get(value?.[2] ?? "") ?? (value?.[2] === "listQuery" ? "ListQuery" : "")
  }
  for (const statement of program.body) {
    const exported = statement.type === "ExportNamedDeclaration" ? statement.declaration : null
    const node = exported ?? (statement.type === "TSInterfaceDeclaration" ? statement : null)
    if (node === null) continue
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
          if (property.type !== "Property") continue
          const code = slice(property.value)
          operations.set(slice(property.key), {
            doc: docOf(property),
            example: exampleOf(commentOf(property)),
            body: typeIn(code, "body"),
            query: typeIn(code, "query"),
            answer: typeIn(code, "success")
          })
        }
      }
    }
  }
  const first = comments.find(({ type, value }) => type === "Block" && value.startsWith("*"))
  return { doc: first === undefined ? "" : prose(first.value), declared, operations }
}

const linesOf = (comment: string): ReadonlyArray<string> =>
  comment.split("\n").map((line) => line.replace(/^\s*\*+ ?/, "").trimEnd())

/** The words of a doc comment, before its tags. */
const prose = (comment: string): string => {
  const lines = linesOf(comment)
  const tag = lines.findIndex((line) => /^@[a-z]/.test(line))
  return (tag === -1 ? lines : lines.slice(0, tag)).join("\n").trim()
}

/** The code of a doc comment's `@example`. */
const exampleOf = (comment: string): string =>
  /@example\n```ts\n([^]*?)\n```/.exec(linesOf(comment).join("\n"))?.[1] ?? ""
