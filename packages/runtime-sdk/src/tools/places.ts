/**
 * Places in a schema, as keys of sets.
 */

/** The key of a place: the names of fields, and `items`. */
export const placeOf = (path: ReadonlyArray<string>): string => JSON.stringify(path)
