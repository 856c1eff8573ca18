/**
 * What a tool is: a plain function of its arguments and of what it may work with.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import * as Schema from "effect/Schema"
import { McpFailure } from "../errors/McpFailure.ts"
import type { Confirm } from "../guard/confirm.ts"
import type { Guard } from "../guard/guard.ts"
import type { McpOptions } from "../guard/options.ts"
import type { ObjectSchema } from "../operations/schemas.ts"
import type { Answer } from "../show/answer.ts"

/** What every tool works with. */
export interface Desk {
  readonly options: McpOptions
  readonly client: AywaRuntimeClient
  readonly guard: Guard
}

/** One call of a tool. */
export interface Invocation {
  /** Fires when the client cancels the call, or goes away. */
  readonly signal: AbortSignal
  readonly confirm: Confirm
  /** Tells the client how far it is, when it asked for that. */
  readonly progress: (done: number, total: number | undefined, message: string) => void
}

/** What clients are told about a tool, so that they know when to ask. */
export interface Hints {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** A tool. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: ObjectSchema
  readonly hints: Hints
  readonly run: (input: unknown, invocation: Invocation) => Promise<Answer>
}

/** Reads nothing but. */
export const reads: Hints = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }

/** Creates or changes; a repetition under the same key changes nothing more. */
export const writes: Hints = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false }

/** Deletes. */
export const deletes: Hints = { ...writes, destructiveHint: true }

/** Reaches people. */
export const dials: Hints = { ...writes, openWorldHint: true }

type Fields = Schema.Struct.Fields

interface Declaration<F extends Fields> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: F
  readonly hints: Hints
  readonly run: (input: Schema.Struct.Type<F>, invocation: Invocation) => Promise<Answer>
}

const describeIssue = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** No value is quoted: it may be large, or a secret. */
const withoutValues = (text: string): string => text.replaceAll(/, got [^\n]*/g, "").slice(0, 600)

/** Makes a tool whose arguments are decoded before it runs: the protocol's library does not hold them against the schema. */
export const tool = <const F extends Fields>({ input, run, ...rest }: Declaration<F>): Tool => {
  const struct = Schema.Struct(input)
  // The fields of tools need no services, which the compiler cannot see of fields that it does not know.
  const decode = Schema.decodeUnknownSync(struct as unknown as Schema.Codec<Schema.Struct.Type<F>, unknown>)
  const known = Object.keys(input)
  return {
    ...rest,
    inputSchema: inputSchemaOf(struct),
    run: (value, invocation) => {
      let decoded: Schema.Struct.Type<F>
      try {
        decoded = decode(value ?? {}, { onExcessProperty: "error", errors: "all" })
      } catch (error) {
        const takes = known.length === 0 ? "It takes no arguments." : `It takes ${known.join(", ")}.`
        throw new McpFailure(
          "invalid_arguments",
          `The arguments of ${rest.name} are wrong: ${withoutValues(describeIssue(error))}`,
          takes
        )
      }
      return run(decoded, invocation)
    }
  }
}

/** The JSON Schema of the arguments, as short as it can be said. */
const inputSchemaOf = (struct: Schema.Constraint): ObjectSchema => {
  const { properties, required } = Schema.toJsonSchemaDocument(struct).schema
  return {
    type: "object",
    properties: { ...Object(properties) },
    ...(Array.isArray(required) && required.length > 0 ? { required } : {}),
    additionalProperties: false
  }
}

/** Text with words about it. */
export const text = (description: string) => Schema.String.check(Schema.isMaxLength(4096)).annotate({ description })

/** A JSON object with words about it. */
export const object = (description: string) => Schema.Record(Schema.String, Schema.Unknown).annotate({ description })

/** A switch with words about it. */
export const flag = (description: string) => Schema.Boolean.annotate({ description })
