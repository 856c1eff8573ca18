/**
 * Binds an Effect schema to the interface that users see, and compiles the check that runs on the hot path.
 *
 * The interface is what shows on hover and in declarations; the schema is what runs. `codec<I>()(schema)` compiles
 * only if both say the same: same known keys, each side assignable to the other.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { Issue } from "../errors/Errors.ts"
import { isObject } from "./isObject.ts"
import { type Stray, straysOf } from "./strays.ts"

/** Keys of `T` without its index signature. */
type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K] } & keyof T

type SameKeys<I, S> = [KnownKeys<I>] extends [KnownKeys<S>]
  ? [KnownKeys<S>] extends [KnownKeys<I>]
    ? unknown
    : never
  : never

/** `unknown` when interface and schema type agree, else `never`, which no schema is assignable to. */
type Proof<I, S> = [I] extends [S] ? ([S] extends [I] ? SameKeys<I, S> : never) : never

/** A schema seen through the interface that it was proven equal to. */
export type Proven<I> = Schema.Codec<I, I>

/** Takes a schema whose type equals `I`, and gives it the name `I`. */
export const codec =
  <I>() =>
  <S extends Schema.Codec<unknown, unknown>>(schema: S & Proof<I, S["Type"]>): Proven<I> =>
    schema as unknown as Proven<I> // The proof above is what makes this cast sound.

/** What a schema checks of an interface, when the rest of its fields are optional. */
type CheckedPart<I, S> =
  {} extends Pick<I, Exclude<KnownKeys<I>, KnownKeys<S>>>
    ? Pick<I, KnownKeys<I> & KnownKeys<S>> & (string extends keyof I ? { readonly [key: string]: unknown } : unknown)
    : never

/**
 * Takes a schema for an interface that says more: its other fields, all optional, are described and passed through
 * unchecked. So a plan of twenty fields costs nothing at run time, and a runtime may change them.
 */
export const described =
  <I>() =>
  <S extends Schema.Codec<unknown, unknown>>(
    schema: S & ([I] extends [S["Type"]] ? Proof<CheckedPart<I, S["Type"]>, S["Type"]> : never)
  ): Proven<I> =>
    schema as unknown as Proven<I> // As above, for the part that is checked.

/**
 * Compiles a predicate for values on the wire. Runs in place on the parsed object (0.6 us for a page of 20, where
 * the interpreter takes 33), so unknown fields survive at no cost. Where `new Function` is forbidden it interprets.
 */
export const compile = <A>(schema: Schema.Codec<A, unknown>): ((input: unknown) => input is A) => {
  let predicate: ((input: unknown) => input is A) | undefined
  return (input): input is A => {
    if (predicate === undefined) {
      SchemaJITCompiler.enable(schema.ast)
      predicate = Schema.is(schema)
    }
    return predicate(input)
  }
}

/** What a rule over several fields finds. */
export interface RuleIssue {
  readonly path: ReadonlyArray<string>
  readonly issue: string
}

/** JSON seen through the type that it is meant to have: the fields of that type, each of which may hold anything. */
export type View<I> = { readonly [K in KnownKeys<I>]?: unknown }

/** A value as a view; one that is no object has none of the fields. */
export const viewOf = <I>(value: unknown): View<I> =>
  // Any object is one of optional fields that may hold anything.
  (isObject(value) ? { ...value } : {}) as View<I>

/**
 * A rule over several fields of a body. It may see any JSON object, also one whose fields are wrong; it must look only
 * at fields that the schema names, for it is also run on values of which only those are left.
 */
export type Rule<I> = (body: View<I>) => ReadonlyArray<RuleIssue>

/** Adds a rule, whose issues are told together with those of single fields: a caller should learn all of them at once. */
export const ruled = <I>(schema: Proven<I>, rule: Rule<I>): Proven<I> => {
  const withCheck = schema.check(Schema.makeFilter((body) => rule(viewOf<I>(body))))
  rules.set(withCheck, { schema, rule: (input) => rule(viewOf<I>(input)) })
  return withCheck
}

interface Ruled {
  readonly schema: Schema.Codec<unknown, unknown>
  readonly rule: (input: unknown) => ReadonlyArray<RuleIssue>
}

const rules = new WeakMap<object, Ruled>()

/** Compiles a predicate for rows. */
export const compileRows = (row: Schema.Codec<unknown, unknown>): ((input: unknown) => boolean) =>
  compile(Schema.Array(row))

/** The body fields of a schema. */
export const keysOf = (schema: Schema.Codec<unknown, unknown>): ReadonlySet<string> =>
  new Set(schema.ast._tag === "Objects" ? schema.ast.propertySignatures.map((p) => String(p.name)) : [])

/** The fields of a value, at every depth, that its schema does not name. */
export const strays = (schema: Schema.Codec<unknown, unknown>, value: unknown): ReadonlyArray<Stray> =>
  straysBelow(schema.ast, value, [])

const straysBelow = (ast: SchemaAST.AST, value: unknown, path: ReadonlyArray<string>): ReadonlyArray<Stray> => {
  if (ast._tag === "Union") return ast.types.flatMap((type) => straysBelow(type, value, path))
  if (ast._tag === "Arrays" && Array.isArray(value)) {
    return value.flatMap((item, i) => ast.rest.flatMap((type) => straysBelow(type, item, [...path, String(i)])))
  }
  if (ast._tag !== "Objects" || ast.propertySignatures.length === 0 || !isObject(value)) return []
  const types = new Map(ast.propertySignatures.map(({ name, type }) => [String(name), type]))
  return straysOf(value, [...types.keys()], path, (name, at) => {
    const type = types.get(name)
    return type === undefined ? [] : straysBelow(type, value[name], at)
  })
}

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

/** Explains what is wrong with a value: every issue with its path. Never quotes the value itself. */
export const explain = (schema: Schema.Codec<unknown, unknown>, input: unknown): ReadonlyArray<Issue> => {
  const entry = rules.get(schema)
  if (entry !== undefined) return [...explain(entry.schema, input), ...violationsOf(entry.rule, input)]
  const result = Schema.decodeUnknownResult(memberOf(schema, input), { errors: "all" })(input)
  if (Result.isSuccess(result)) return []
  return formatter(result.failure.issue).issues.map((issue) => ({
    path: (issue.path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment)),
    message: issue.message
  }))
}

/** What a rule finds in a value; one that is no object has no fields to look at. */
const violationsOf = (rule: Ruled["rule"], input: unknown): ReadonlyArray<Issue> =>
  isObject(input) ? rule(input).map(({ path, issue }) => ({ path, message: issue })) : []

/**
 * Reads by tag first: a row whose tag is known must match `known`; of any other only the row fields are checked, so
 * that one new kind of row does not make a whole list unreadable.
 */
export const tagged = <I>(known: Proven<I>, key: string, tags: ReadonlySet<string>): Proven<I> => {
  const generic = Schema.Struct({
    id: Schema.String,
    orgId: Schema.String,
    createdAt: Schema.String,
    updatedAt: Schema.String,
    [key]: Schema.String.check(
      Schema.makeFilter((value) => !tags.has(value), { expected: "a type whose fields are not known here" })
    )
  })
  const union = Schema.Union([known, generic])
  members.set(union, (tag) => (typeof tag === "string" && !tags.has(tag) ? generic : known))
  keys.set(union, key)
  return union as unknown as Proven<I> // The generic member is wider than `I`; the entity's documentation says so.
}

const members = new WeakMap<object, (tag: unknown) => Schema.Codec<unknown, unknown>>()
const keys = new WeakMap<object, string>()

/** The member of a tagged union that a value is meant to be: only its issues help. */
const memberOf = (schema: Schema.Codec<unknown, unknown>, input: unknown): Schema.Codec<unknown, unknown> => {
  const choose = members.get(schema)
  if (choose === undefined) return schema
  return choose(typeof input === "object" && input !== null ? Reflect.get(input, keys.get(schema) ?? "") : undefined)
}
