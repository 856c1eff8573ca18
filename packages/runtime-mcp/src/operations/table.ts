/**
 * The contract table as an agent sees it: operations by their names, and what each takes.
 */
import { contract, type Group, type Operation, type Spec, specOf } from "@aywa-ai/runtime-sdk/contract"
import { McpFailure } from "../errors/McpFailure.ts"

/** What has to be allowed for an operation. */
export type Access = "read" | "write" | "delete" | "calls"

/** An operation of the contract. */
export interface Entry {
  /** `assistants.create`. */
  readonly name: string
  readonly resource: string
  readonly method: string
  readonly operation: Operation
  readonly spec: Spec
  readonly access: Access
  readonly hasId: boolean
}

/** What dials, transfers or costs money by the minute: allowed apart from other writes. */
const callOperations: ReadonlySet<string> = new Set([
  "calls.create",
  "calls.createBatch",
  "calls.createPhone",
  "calls.createWeb",
  "calls.control"
])

const accessOf = (name: string, spec: Spec): Access => {
  if (spec.method === "GET") return "read"
  if (spec.method === "DELETE") return "delete"
  return callOperations.has(name) ? "calls" : "write"
}

/** Every operation, in the order of the table. */
export const entries: ReadonlyArray<Entry> = Object.entries<Group>(contract).flatMap(([resource, group]) =>
  Object.entries(group).map(([method, operation]) => {
    const name = `${resource}.${method}`
    const spec = specOf(operation)
    return { name, resource, method, operation, spec, access: accessOf(name, spec), hasId: spec.path.includes(":id") }
  })
)

const byName: ReadonlyMap<string, Entry> = new Map(entries.map((entry) => [entry.name, entry]))

/** The names of the resources. */
export const resourceNames: ReadonlyArray<string> = Object.keys(contract)

/** The operation of a name. */
export const entryOf = (name: string): Entry => {
  const entry = byName.get(name)
  if (entry !== undefined) return entry
  throw new McpFailure(
    "unknown_operation",
    "There is no operation of this name.",
    `Names are like assistants.list; search_operations finds them. Resources: ${resourceNames.join(", ")}.`
  )
}

/** The operation of the same resource that reads one row, if there is one. */
export const readerOf = ({ resource }: Entry): Entry | undefined => byName.get(`${resource}.get`)
