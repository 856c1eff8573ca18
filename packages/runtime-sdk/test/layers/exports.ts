/** The layers that the packages export, and the functions that return one, as the compiler sees their types. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { API, type Checker, type Project, SignatureKind, SymbolFlags, type Type } from "typescript/unstable/sync"

const packages = new URL("../../..", import.meta.url).pathname

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
}

/** What makes a value a Layer. */
const mark = "~effect/Layer"

/** Names of the exports that are or return a Layer: `@aywa-ai/runtime-sdk/effect AywaRuntime.layer`. */
export const layerExports = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const api = new API({ cwd: packages })
  try {
    return names.flatMap((name) => {
      const folder = join(packages, name)
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
      const config = join(folder, "tsconfig.json")
      const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
      if (project === undefined) throw new Error(`${config} cannot be opened`)
      return Object.entries(manifest.exports)
        .filter(([, file]) => file.endsWith(".ts"))
        .flatMap(([entry, file]) =>
          layersOf(project, join(folder, file)).map((path) => `${join(manifest.name, entry)} ${path}`)
        )
    })
  } finally {
    api.close()
  }
}

const layersOf = ({ checker, program }: Project, file: string): ReadonlyArray<string> => {
  const source = program.getSourceFile(file)
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source)
  // An entry that exports nothing is a script.
  if (module === undefined) return []
  const walk = (module: ReturnType<Checker["getAliasedSymbol"]>, before: string): ReadonlyArray<string> =>
    checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = (exported.flags & SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported)
      if ((symbol.flags & SymbolFlags.Value) === 0) return []
      if ((symbol.flags & SymbolFlags.ValueModule) !== 0) return walk(symbol, `${before}${exported.name}.`)
      const type = checker.getTypeOfSymbol(symbol)
      return type === undefined ? [] : layersIn(checker, type, `${before}${exported.name}`)
    })
  return walk(module, "")
}

/** A value that is or returns a Layer, or the static methods and the members of it that do. */
const layersIn = (checker: Checker, type: Type, path: string): ReadonlyArray<string> => {
  if (gives(checker, type, 2)) return [path]
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const inner = checker.getTypeOfSymbol(property)
    return inner !== undefined && gives(checker, inner, 2) ? [`${path}.${property.name}`] : []
  })
}

const gives = (checker: Checker, type: Type, depth: number): boolean =>
  checker.getPropertyOfType(type, mark) !== undefined ||
  (type.isUnionType() && type.getTypes().some((one) => gives(checker, one, depth))) ||
  (depth > 0 &&
    checker.getSignaturesOfType(type, SignatureKind.Call).some((signature) => {
      const result = checker.getReturnTypeOfSignature(signature)
      return result !== undefined && gives(checker, result, depth - 1)
    }))
