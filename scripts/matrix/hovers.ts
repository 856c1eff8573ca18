/**
 * Documentation on hover, in the declarations as they are packed: every service, method, option and field that a user
 * meets has words. Asked of TypeScript's own checker, as an editor does.
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import type * as TypeScript from "typescript-5.9"

/** What is looked at: `entry`, and the types in it whose members must all be documented. */
const subjects: Readonly<Record<string, ReadonlyArray<string>>> = {
  "@aywa-ai/runtime-sdk": [
    "AywaRuntimeClient",
    "AywaRuntimeClientOptions",
    "ClientCallOptions",
    "CallOptions",
    "ResponseInfo",
    "CallFields"
  ],
  "@aywa-ai/runtime-sdk/effect": [
    "AywaRuntime.Service",
    "AywaRuntime.Options",
    "AywaRuntime.ConfigLayerOptions",
    "Policy.Policy",
    "Policy.Retry"
  ],
  "@aywa-ai/runtime-sdk/webhooks": [],
  "@aywa-ai/runtime-migration": [],
  "@aywa-ai/runtime-config": ["ApplyOptions", "PlanOptions", "Plan", "Step"],
  "@aywa-ai/runtime-conformance": ["ConformanceOptions", "Report", "CaseResult", "Comparison"],
  "@aywa-ai/runtime-mcp": ["McpOptions", "StdioOptions", "HttpOptions", "HttpHandle", "ClientConfig"]
}

/** Entries of which every interface is gone through: what is sent, read and delivered. */
const everyInterface: ReadonlySet<string> = new Set(["@aywa-ai/runtime-sdk", "@aywa-ai/runtime-sdk/webhooks"])

/** What a program brings: described by its platform, and here by its shape alone. */
const broughtAlong: ReadonlySet<string> = new Set(["DispatcherLike", "FetchInit", "FetchResponse"])

/** Types whose own members are gone through too: resources of a client. */
const isResource = (name: string): boolean => name === "AywaRuntimeClient" || name === "AywaRuntime.Service"

/** What is computed from an operation has words of its own: streams and pages of a list, waiting for a call. */
const isOperation = (name: string): boolean => !/^(stream|pages|waitUntilEnded)$|Stream$|Pages$/.test(name)

interface Report {
  readonly looked: number
  /** Names without a word. */
  readonly bare: ReadonlyArray<string>
}

/** Looks at the packages that are installed in `folder`, with the TypeScript that is installed in `compiler`. */
export const checkHovers = (folder: string, compiler: string): Report => {
  const ts: typeof TypeScript = createRequire(join(folder, "package.json"))(compiler)
  const probe = join(folder, "hovers.probe.ts")
  const entries = Object.keys(subjects)
  const source = entries.map((entry, i) => `export * as e${i} from "${entry}"`).join("\n")
  const options: TypeScript.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    skipLibCheck: true,
    noEmit: true,
    types: []
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => file === probe || fileExists(file)
  host.readFile = (file) => (file === probe ? source : readFile(file))
  host.getSourceFile = (file, ...rest) =>
    file === probe ? ts.createSourceFile(file, source, options.target ?? 99) : getSourceFile(file, ...rest)
  const program = ts.createProgram([probe], options, host)
  const checker = program.getTypeChecker()
  const file = program.getSourceFile(probe)
  const module = file === undefined ? undefined : checker.getSymbolAtLocation(file)
  if (module === undefined) throw new Error("the probe is not a module")

  let looked = 0
  let bodies = 0
  const bare: Array<string> = []
  const look = (name: string, symbol: TypeScript.Symbol): void => {
    looked++
    if (symbol.getDocumentationComment(checker).length === 0) bare.push(name)
  }
  const resolve = (symbol: TypeScript.Symbol): TypeScript.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  /** What a body is called on hover is a name that can be imported: `CreateAssistant`, not what it is computed from. */
  const nameBody = (path: string, method: TypeScript.Symbol): void => {
    for (const signature of checker.getTypeOfSymbol(method).getCallSignatures()) {
      const text = checker.signatureToString(signature, undefined, ts.TypeFormatFlags.NoTruncation)
      const [, type] = /\bbody\??: (.+?)(?:, (?:query|options)\?|\) =>|\): )/.exec(text) ?? []
      if (type === undefined) continue
      bodies++
      if (!/^(\w+\.)?[A-Z]\w+( \| undefined)?$/.test(type)) bare.push(`${path}(body: ${type})`)
    }
  }
  const membersOf = (name: string, symbol: TypeScript.Symbol): void => {
    for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
      // Symbols, what JavaScript gives every error, and private fields.
      if (/^(__|#|~|_tag$)/.test(member.name)) continue
      look(`${name}.${member.name}`, member)
      if (!isResource(name)) continue
      for (const method of checker.getTypeOfSymbol(member).getProperties()) {
        if (
          method.name.startsWith("__") ||
          method.declarations?.some((at) => at.getSourceFile().fileName.includes("@aywa-ai")) !== true
        )
          continue
        const path = `${name}.${member.name}.${method.name}`
        look(path, method)
        nameBody(path, method)
        // An operation of the contract also says what it throws, and shows itself.
        const tags = method.getJsDocTags(checker).map((tag) => tag.name)
        const isCalled = checker.getTypeOfSymbol(method).getCallSignatures().length > 0
        if (!isCalled || !isOperation(method.name)) continue
        for (const tag of ["throws", "example"]) if (!tags.includes(tag)) bare.push(`${path} @${tag}`)
      }
    }
  }

  for (const [i, entry] of entries.entries()) {
    const namespace = checker.getExportsOfModule(module).find(({ name }) => name === `e${i}`)
    if (namespace === undefined) throw new Error(`${entry} is not there`)
    const exports = checker.getExportsOfModule(resolve(namespace))
    if (exports.length === 0) throw new Error(`${entry} exports nothing`)
    for (const symbol of exports) {
      // A namespace has its words at the line that exports it.
      const exported = symbol.declarations?.find(ts.isNamespaceExport)?.parent
      if (exported !== undefined && ts.getJSDocCommentsAndTags(exported).length > 0) looked++
      else look(`${entry} ${symbol.name}`, resolve(symbol))
    }
    if (everyInterface.has(entry)) {
      for (const symbol of exports.map(resolve)) {
        if (symbol.flags & ts.SymbolFlags.Interface && !broughtAlong.has(symbol.name)) membersOf(symbol.name, symbol)
      }
    }
    for (const path of subjects[entry] ?? []) {
      let symbol: TypeScript.Symbol | undefined
      for (const part of path.split(".")) {
        const scope = symbol === undefined ? exports : checker.getExportsOfModule(resolve(symbol))
        symbol = scope.find(({ name }) => name === part)
        if (symbol === undefined) throw new Error(`${entry} has no ${path}`)
      }
      if (symbol !== undefined) membersOf(path, resolve(symbol))
    }
  }
  if (bodies < 20) throw new Error(`only ${bodies} operations with a body were found`)
  return { looked, bare }
}
