import { type Names, unknownName } from "@aywa-ai/runtime-sdk/contract"
import { fail } from "./MigrationError.ts"

/**
 * Refuses names that nobody reads: with a misspelt `values`, a cleanup would drop ids as well. `where` is the function.
 */
export const checkOptions = <Options extends object>(where: string, options: Options, names: Names<Options>): void => {
  const unknown = unknownName(options, names)
  if (unknown !== undefined) fail({ _tag: "InvalidConfig", field: where, detail: unknown.message })
}
