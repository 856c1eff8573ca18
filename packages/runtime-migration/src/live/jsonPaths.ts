/**
 * Where ids stand in a JSON document.
 */

/** Keys and positions from the root. */
export type Path = ReadonlyArray<string | number>

/** The paths of a column, gathered from one document after the other. */
export interface Paths {
  readonly paths: ReadonlyMap<string, Path>
  /** Whether a single path reaches no more than some of the ids: lists, keys, JSON in a text, keys that need escapes. */
  readonly deep: boolean
}

/** As many as are worth telling. */
const most = 20

/** Gathers paths. */
export const makePaths = (known: (id: string) => boolean) => {
  const paths = new Map<string, Path>()
  const state = { deep: false }
  return {
    add: (document: string): void => {
      const places = [...pathsOf(parse(document), [], known)]
      const keyed = places.some(({ key }) => key)
      state.deep ||= places.length === 0 || keyed || places.some(({ path }) => path.some(isOdd))
      for (const { path } of places) if (paths.size < most) paths.set(JSON.stringify(path), path)
    },
    result: (): Paths => ({ paths, deep: state.deep })
  }
}

const isOdd = (step: string | number): boolean =>
  typeof step === "number" || /["\\\p{Cc}]/u.test(step) || step === "" || step.includes(".")

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Place {
  readonly path: Path
  /** Whether the id is the last key itself. */
  readonly key: boolean
}

function* pathsOf(value: unknown, path: Path, known: (id: string) => boolean): Generator<Place> {
  if (typeof value === "string") {
    if (known(value)) yield { path, key: false }
    return
  }
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* pathsOf(item, [...path, at], known)
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      if (known(name)) yield { path: [...path, name], key: true }
      yield* pathsOf(item, [...path, name], known)
    }
  }
}
