/**
 * Fields of a value that its schema does not name.
 */

/** A field that the schema does not name, and what it may have been meant to be. */
export interface Stray {
  readonly path: ReadonlyArray<string>
  /** Named fields beside it that are absent. */
  readonly absent: ReadonlyArray<string>
}

/** On an object: names of fields that are meant, whatever they are. A spread takes it along, JSON does not. */
export const meant: unique symbol = Symbol.for("aywa/extras")

/** The strays of one object; `below` goes on into a named field. */
export const straysOf = (
  value: Readonly<Record<string, unknown>>,
  names: ReadonlyArray<string>,
  path: ReadonlyArray<string>,
  below: (name: string, path: ReadonlyArray<string>) => ReadonlyArray<Stray>
): ReadonlyArray<Stray> => {
  const allowed: unknown = Reflect.get(value, meant)
  return Object.keys(value).flatMap((key) =>
    names.includes(key)
      ? below(key, [...path, key])
      : Array.isArray(allowed) && allowed.includes(key)
        ? []
        : [{ path: [...path, key], absent: names.filter((name) => value[name] === undefined) }]
  )
}
