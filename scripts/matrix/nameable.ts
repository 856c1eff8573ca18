/**
 * Whether programs that are compiled with `declaration: true` may export what the public functions give: each type that
 * a signature mentions must have a name in the entry, or TypeScript refuses to write the declaration (TS2742, TS2883).
 * A program per entry exports every function, every method of every service and what each of them gives. Runs alone
 * too, against what is built: `node scripts/matrix/nameable.ts`.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type * as TypeScript from "typescript-5.9"
import { manifestOf, root } from "../packages.ts"
import { run } from "./projects.ts"
import { tsconfig } from "./tsconfig.ts"

type Compiler = typeof TypeScript

/** How deep values are gone into: `AywaRuntime.Service`, `assistants`, `create`. */
const deepest = 3

/** What a function gives, and what its promise gives, as values of an inferred type. */
const helpers = `declare const given: <R>(make: (...args: never) => R) => R
declare const settled: <A>(make: (...args: never) => PromiseLike<A>) => A
`

/**
 * Programs that export what an entry has, as texts: one for each name, which imports nothing else. Another name in scope,
 * above all a namespace, would lend its own.
 */
const programsOf = (ts: Compiler, folder: string, entry: string): ReadonlyArray<string> => {
  const probe = join(folder, "probe.ts")
  writeFileSync(probe, `import * as entry from "${entry}"\nexport { entry }\n`)
  const program = ts.createProgram([probe], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    types: ["node"]
  })
  const types = program.getTypeChecker()
  const file = program.getSourceFile(probe)
  const module = file === undefined ? undefined : types.getSymbolAtLocation(file)
  const [alias] = module === undefined ? [] : types.getExportsOfModule(module)
  rmSync(probe)
  if (alias === undefined) throw new Error(`${entry} is not there`)

  let lines: Array<string> = []
  const add = (text: string) => void lines.push(`export const v${lines.length} = ${text}`)
  const resolve = (symbol: TypeScript.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? types.getAliasedSymbol(symbol) : symbol
  const isCalled = (type: TypeScript.Type) => type.getCallSignatures().length > 0
  const membersOf = (type: TypeScript.Type) =>
    type.getProperties().flatMap((member) => {
      const isOurs = member.declarations?.some((at) => at.getSourceFile().fileName.includes("@aywa-ai")) === true
      const declared = member.valueDeclaration
      const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
      const isPublic = declared === undefined || (ts.getCombinedModifierFlags(declared) & hidden) === 0
      if (!/^[a-zA-Z]\w*$/.test(member.name) || !isOurs || !isPublic) return []
      const inner = types.getNonNullableType(types.getTypeOfSymbol(member))
      return inner.flags & ts.TypeFlags.Object && !types.isArrayLikeType(inner) ? [{ name: member.name, inner }] : []
    })
  /** What stands at `path`, a value: a function and what it gives, or the functions in it. */
  const value = (path: string, type: TypeScript.Type, depth: number): void => {
    const [signature] = type.getCallSignatures()
    if (signature !== undefined) {
      add(path)
      add(`given(${path})`)
      if (types.getPropertyOfType(signature.getReturnType(), "then") !== undefined) add(`settled(${path})`)
      return
    }
    const members = depth < deepest ? membersOf(type) : []
    if (depth > 1 && members.some(({ inner }) => isCalled(inner))) add(path)
    for (const { name, inner } of members) value(`${path}.${name}!`, inner, depth + 1)
  }
  const hasValue = (module: TypeScript.Symbol, symbol: TypeScript.Symbol) =>
    types.getPropertyOfType(types.getTypeOfSymbol(module), symbol.name) !== undefined &&
    symbol.declarations?.some((at) => ts.isTypeOnlyImportOrExportDeclaration(at)) !== true
  /** The exports of a namespace, or the one of an entry: values, and the functions that a value of a type has. */
  const exported = (path: string, symbol: TypeScript.Symbol, isValue: boolean, depth: number): void => {
    if (symbol.flags & ts.SymbolFlags.ValueModule) {
      if (depth === deepest) return
      for (const inner of types.getExportsOfModule(symbol))
        exported(`${path}.${inner.name}`, resolve(inner), isValue && hasValue(symbol, inner), depth + 1)
      return
    }
    if (isValue && symbol.flags & ts.SymbolFlags.Class) add(path)
    else if (isValue && symbol.flags & ts.SymbolFlags.Value) {
      const type = types.getTypeOfSymbol(symbol)
      if (!isCalled(type)) add(path)
      value(path, type, 1)
    }
    const kinds = ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias
    const isGeneric = symbol.declarations?.some((at) => "typeParameters" in at && at.typeParameters !== undefined)
    const type = types.getDeclaredTypeOfSymbol(symbol)
    if ((symbol.flags & kinds) === 0 || isGeneric === true || membersOf(type).length === 0) return
    const name = `t${lines.length}`
    const before = lines.length
    lines.push(`declare const ${name}: ${path}`)
    value(name, type, 1)
    if (lines.length === before + 1) lines.pop()
  }
  const entryModule = resolve(alias)
  return types.getExportsOfModule(entryModule).flatMap((symbol) => {
    lines = []
    const isValue = hasValue(entryModule, symbol)
    exported(symbol.name, resolve(symbol), isValue, 0)
    const imported = isValue ? symbol.name : `type ${symbol.name}`
    return lines.length === 0 ? [] : [`import { ${imported} } from "${entry}"\n${helpers}${lines.join("\n")}\n`]
  })
}

/** The entries of a package that programs may import. */
export const entriesOf = (name: string): ReadonlyArray<string> =>
  Object.keys(manifestOf(join(root, "packages", name)).publishConfig?.exports ?? {})
    .filter((entry) => !/^\.\/(internal\/|package\.json$)/.test(entry))
    .map((entry) => join("@aywa-ai", name, entry))

/** Compiles a program for each entry, alone: another one in the program would lend its names. */
export const checkNameable = async (
  folder: string,
  entries: ReadonlyArray<string>,
  compilers: ReadonlyArray<string>
): Promise<void> => {
  const ts: Compiler = createRequire(join(root, "package.json"))("typescript-5.9")
  const wrong: Array<string> = []
  for (const entry of entries) {
    const name = `exports${entry.replaceAll(/\W+/g, "-")}`
    mkdirSync(join(folder, name))
    const programs = programsOf(ts, folder, entry)
    if (programs.length === 0) throw new Error(`${entry} exports nothing: is it installed, with its types?`)
    for (const [i, text] of programs.entries()) writeFileSync(join(folder, name, `${i}.ts`), text)
    for (const [i, resolution] of (["NodeNext", "Bundler"] as const).entries()) {
      const compiler = compilers[i % compilers.length] ?? ""
      const options = {
        skipLibCheck: true,
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        outDir: "out",
        rootDir: "."
      }
      writeFileSync(join(folder, `${name}.json`), tsconfig(resolution, name, options))
      await run(process.execPath, [compiler, "-p", `${name}.json`, "--pretty", "false"], folder).catch((error: Error) =>
        wrong.push(error.message)
      )
    }
  }
  if (wrong.length > 0) throw new Error(wrong.join("\n"))
}

/** A project with the packages as they are built, under their published exports. */
const builtProject = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-nameable-"))
  const modules = join(folder, "node_modules")
  const source = join(root, "packages/runtime-sdk")
  for (const name of ["runtime-sdk", "runtime-local"]) {
    const from = join(root, "packages", name)
    if (!existsSync(join(from, "dist"))) continue
    const to = join(modules, "@aywa-ai", name)
    mkdirSync(to, { recursive: true })
    const manifest = manifestOf(from)
    writeFileSync(join(to, "package.json"), JSON.stringify({ ...manifest, ...manifest.publishConfig }))
    cpSync(join(from, "dist"), join(to, "dist"), { recursive: true })
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  // Copies: a link would be followed to where no program could name it.
  for (const name of ["effect", "@nestjs/core", "@nestjs/common", "@types/node", "undici-types"]) {
    const found = [join(source, "node_modules", name), join(root, "node_modules", name)].find((at) => existsSync(at))
    if (found === undefined) continue
    const filter = (file: string) => statSync(file).isDirectory() || /\.d\.[mc]?ts$|package\.json$/.test(file)
    cpSync(realpathSync(found), join(modules, name), { recursive: true, filter })
  }
  return folder
}

if (import.meta.main) {
  const folder = builtProject()
  try {
    // The entry `./testing` is built after the local runtime.
    const isBuilt = existsSync(join(folder, "node_modules/@aywa-ai/runtime-sdk/dist/testing.d.ts"))
    const only = process.argv[2]
    const entries = entriesOf("runtime-sdk").filter(
      (entry) => (isBuilt || !entry.endsWith("/testing")) && (only === undefined || entry.endsWith(only))
    )
    await checkNameable(folder, entries, [
      join(root, "node_modules/typescript/bin/tsc"),
      join(root, "node_modules/typescript-5.9/bin/tsc")
    ])
    console.log(`${entries.length} entries: all that they give can be exported`)
  } finally {
    if (process.env["KEEP"] === undefined) rmSync(folder, { recursive: true })
  }
}
