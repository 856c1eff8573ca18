/** The facts of a migration in use, each with the tests that hold it, on every database it concerns. */
import { readFileSync } from "node:fs"
import { type Node, parseSync, Visitor } from "oxc-parser"
import { assert, it } from "vitest"

const facts: ReadonlyArray<readonly [fact: string, file: string, test: string]> = [
  ["1: a foreign key with any action", "foreignKeys", "both sides named, ON UPDATE"],
  ["2: ledgers that others read or write", "closed", "default privileges, of a schema and of all of them"],
  ["2: ledgers that others write", "forged", "a new value that the mapping does not make is not written"],
  [
    "2: grants on a whole database, a writable file",
    "ledgers",
    "accounts with rights on the whole database are refused"
  ],
  ["3: a role that sees some rows", "rowSecurity", "a role that a policy shows one tenant is refused"],
  ["4: forms that nobody looked for", "scan", "names each column in which ids are left"],
  ["4: forms that were not rewritten", "forms", "JSON: keys, JSON in a text of JSON at any depth"],
  ["5: domains, enums", "scan", "enums, domains, arrays, lists of types"],
  ["5: declared types of SQLite", "scan", "columns of any declared type, and no table of an index"],
  ["5: sixteen bytes", "forms", "columns of sixteen bytes, as key and as reference"],
  ["5: what detect makes of them", "detect", "looks at the type behind a name"],
  ["6: a document that is edited meanwhile", "traffic", "a document that is edited between dry run and apply"],
  ["6: a writer that goes on", "catchUp", "a writer beside a watch"],
  ["7: rows that go", "traffic", "rows that come, go, are emptied or get runtime ids are information"],
  ["8: a row of the application", "traffic", "rollback leaves a row alone that the application wrote itself"],
  ["9: locks of a foreign key", "trial", "beside writers of two rows each"],
  ["10: deadlocks", "trial", "none of theirs dies of a deadlock"],
  ["11: a structured output row by row", "import", "a structured output in a circle is completed"],
  ["12: a lost connection", "sessions", "a connection that is lost between dry run and apply"],
  ["12: at the prompt", "../../runtime-cli/test/migrateInUse", "a connection that ends while %s asks"],
  ["13: sql_mode", "sessions", "any sql_mode works, zero dates too"],
  ["14: what apply would trip over", "trial", "a CHECK that knows the old ids only"],
  ["14: a taken id", "trial", "an id that another row has already"],
  ["15: a foreign cleanup", "sessions", "cleanup under another mapping or other locations is refused"],
  ["16: large documents", "scan", "memory does not grow with the table"],
  ["17: long texts", "hazards", "long texts and documents are rewritten as short ones"],
  ["18: wss", "import", "wss is as secure as https"],
  [
    "19: detect as config",
    "../../runtime-cli/test/migrate",
    "detect proposes the columns, in a form that the other steps read"
  ],
  ["20: updated_at", "triggers", "lets the time of a change stay, out and back"]
]

/** What calls of `it` begin with, also through `it.each` or an `on` of some databases. */
const isTest = (callee: Node): boolean => {
  if (callee.type === "CallExpression") return isTest(callee.callee)
  if (callee.type === "MemberExpression") return isTest(callee.object)
  return callee.type === "Identifier" && (callee.name === "it" || callee.name === "on")
}

/** The titles of a file's tests: the same words elsewhere in it prove nothing. */
const titlesOf = (file: string): ReadonlyArray<string> => {
  const path = new URL(`./${file}.test.ts`, import.meta.url)
  const { program, errors } = parseSync(path.pathname, readFileSync(path, "utf8"))
  assert.deepStrictEqual(errors, [])
  const titles: Array<string> = []
  new Visitor({
    CallExpression: ({ callee, arguments: [title, ...rest] }) => {
      if (!isTest(callee) || !rest.some(({ type }) => type === "ArrowFunctionExpression")) return
      if (title?.type === "Literal") titles.push(String(title.value))
      if (title?.type === "TemplateLiteral") titles.push(title.quasis.map(({ value }) => value.raw).join("…"))
    }
  }).visit(program)
  return titles
}

it.each(facts)("%s", (_, file, test) => {
  assert.include(titlesOf(file).join("\n"), test)
})

/** What is measured instead, with a budget that `.ci/run` holds. */
const measured: ReadonlyArray<readonly [fact: string, file: string, words: string]> = [
  ["9: how long locks last, what readers lose", "migrationTraffic", "locks were held for"],
  ["10: deadlocks of an application", "migrationTraffic", "errors of the application"],
  ["17: twice the length is twice the time", "migrationBudgets", "1 MB with 3,000 ids over half of it"]
]

it.each(measured)("%s", (_, file, words) => {
  const root = new URL("../../../", import.meta.url)
  const path = `packages/benchmarks/src/${file}.ts`
  const { program } = parseSync(path, readFileSync(new URL(path, root), "utf8"))
  const texts: Array<string> = []
  new Visitor({ TemplateElement: ({ value }) => void texts.push(value.raw) }).visit(program)
  assert.include(texts.join("\n"), words)
  assert.match(
    readFileSync(new URL(".ci/run", root), "utf8"),
    new RegExp(`^ *node ${path}( --rows \\d+ --check)?$`, "m")
  )
})

it("none of the twenty is missing", () => {
  const numbers = new Set(facts.map(([fact]) => Number.parseInt(fact, 10)))
  assert.deepStrictEqual(
    [...numbers].toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, at) => at + 1)
  )
})
