/**
 * Checks request bodies against the contract's own schemas.
 */
import { ownedFields } from "@aywa-ai/runtime-sdk/internal/contract"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { invalid } from "../http/errors.ts"
import { isObject, type JsonObject } from "../json/object.ts"

/** A schema of the contract. */
export type AnySchema = Schema.Codec<unknown, unknown>

/** Gives back the body, or throws 400 with one message per problem. */
export type Validate = (body: unknown, allowed?: Readonly<JsonObject>) => JsonObject

/**
 * Compiles the check of a request body. Top-level keys must be known, nested objects are open. `strict: false` lets
 * unknown keys through, as a runtime newer than the contract would.
 *
 * `allowed` is the stored row: a key that it has may be written back although the contract does not know it.
 */
export const makeValidate = (schema: AnySchema | undefined, strict: boolean): Validate => {
  const known = schema === undefined ? new Set<string>() : keysOf(schema.ast)
  // Compiled on first use: a start should not pay for routes that nobody calls.
  let matches: ((body: unknown) => boolean) | undefined
  return (body, allowed) => {
    if (!isObject(body)) throw invalid(["body: expected a JSON object"])
    const problems = Object.keys(body)
      .filter((key) =>
        known.has(key) ? false : ownedFields.has(key) || (strict && !(allowed && Object.hasOwn(allowed, key)))
      )
      .map((key) => `property ${key} should not exist`)
    if (schema !== undefined) {
      matches ??= compile(schema)
      if (!matches(body)) problems.push(...explain(schema, body))
    }
    if (problems.length > 0) throw invalid(problems)
    return body
  }
}

/** The names of a schema's top-level fields, over all members if it is a union. */
export const keysOf = (ast: SchemaAST.AST): ReadonlySet<string> => {
  if (ast._tag === "Union") return new Set(ast.types.flatMap((member) => [...keysOf(member)]))
  if (ast._tag === "Objects") return new Set(ast.propertySignatures.map((property) => String(property.name)))
  return new Set()
}

/** Compiles the check of a value. */
export const compile = (schema: AnySchema) => {
  SchemaJITCompiler.enable(schema.ast)
  return Schema.is(schema)
}

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

/** What is wrong with a value: one sentence per problem, each naming its path, none quoting the value. */
export const explain = (schema: AnySchema, value: unknown): ReadonlyArray<string> => {
  const result = Schema.decodeUnknownResult(schema, { errors: "all" })(value)
  if (Result.isSuccess(result)) return []
  return formatter(result.failure.issue).issues.map((issue) => {
    const path = (issue.path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment))
    return `${path.length === 0 ? "body" : path.join(".")}: ${issue.message}`
  })
}
