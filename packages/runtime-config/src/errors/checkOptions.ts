import { type Names, unknownName } from "@aywa-ai/runtime-sdk/contract"
import { invalid } from "./RuntimeConfigError.ts"

/** Refuses names that nobody reads: with a misspelt `only` everything would be pushed. `where` is the function. */
export const checkOptions = <Options extends object>(where: string, options: Options, names: Names<Options>): void => {
  const unknown = unknownName(options, names)
  if (unknown !== undefined) invalid(where, unknown.message)
}
