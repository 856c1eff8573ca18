/**
 * The methods of a resource, computed from its entries in the contract table. Both faces are made by this one loop: what
 * differs is what a face turns a call into.
 */
import type { CallOptions } from "./CallOptions.ts"
import { makeCall, type Arguments, type Call, type Runtime } from "./call.ts"
import { text } from "./message.ts"
import type { Group, Operation } from "../contract/Operation.ts"
import { specOf } from "../contract/table.ts"
import * as Errors from "../errors/Errors.ts"

/** What a face gives its callers. */
export interface Face {
  /** One call. */
  readonly call: (call: Call, args: Arguments) => unknown
  /** A list: its first page, and what a face can do with it beside. */
  readonly list: (call: Call, args: Arguments) => unknown
  /** Every row of a list. */
  readonly rows: (call: Call, args: Arguments) => unknown
  /** Every page of a list. */
  readonly pages: (call: Call, args: Arguments) => unknown
  /** Content, piece by piece. */
  readonly bytes: (call: Call, args: Arguments) => unknown
}

/** The methods of a resource, by name. Each operation is prepared when it is first used. */
export const surface = (runtime: Runtime, name: string, group: Group, face: Face): Record<string, unknown> => {
  const methods: Record<string, unknown> = {}
  for (const [key, operation] of Object.entries(group)) {
    const read = roles(operation)
    // Prepared on first use: a client that calls one operation pays for one.
    const prepare = (streamed: boolean) => {
      let call: Call | undefined
      return () => (call ??= makeCall(runtime, `${name}.${key}`, operation, streamed))
    }
    const plain = prepare(false)
    const method =
      (turn: Face[keyof Face], call = plain) =>
      (...args: ReadonlyArray<unknown>) =>
        turn(call(), read(args))
    methods[key] = method(operation.kind === "page" ? face.list : face.call)
    if (operation.kind === "bytes") methods[`${key}Stream`] = method(face.bytes, prepare(true))
    if (operation.kind === "page") {
      const [rows, pages] = key === "list" ? ["stream", "pages"] : [`${key}Stream`, `${key}Pages`]
      methods[rows] = method(face.rows)
      methods[pages] = method(face.pages)
    }
  }
  return methods
}

/** Sorts positional arguments into their roles. */
const roles = (operation: Operation): ((args: ReadonlyArray<unknown>) => Arguments) => {
  const spec = specOf(operation)
  const hasId = spec.path.includes(":id")
  const hasBody = spec.body !== undefined
  const hasQuery = spec.query !== undefined
  return (args) => {
    let i = 0
    return {
      id: hasId ? args[i++] : undefined,
      body: hasBody ? args[i++] : undefined,
      query: hasQuery ? args[i++] : undefined,
      options: args[i] as CallOptions | undefined // Checked by the pipeline, field by field.
    }
  }
}

/** Whether the page behind one is asked for while that one is worked on. */
export const isPrefetching = ({ query }: Arguments): boolean => Object(query).prefetch === true

/** A cursor that was already followed: the list goes in circles. */
export const loopError = (call: Call): Errors.UnexpectedResponse => {
  const fields = {
    operation: call.operation,
    method: "GET",
    path: call.path,
    attempts: 1,
    outcome: "rejected" as const
  }
  const issue = "the list repeats an earlier cursor: it would never end."
  return new Errors.UnexpectedResponse({ ...fields, issue, message: text(fields, issue) })
}
