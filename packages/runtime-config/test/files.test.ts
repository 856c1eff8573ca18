/** Files: read, written, changed in the style that they have. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { bodySchemas } from "../src/rows/bodySchemas.ts"
import { changeRowFile, newRowFile, parseRow } from "../src/folder/rowFile.ts"
import { equal, rowWith } from "../src/rows/json.ts"
import { kindOf, slugOf } from "../src/rows/kinds.ts"
import { bodySchemas as today } from "../scripts/schemas.ts"
import { rows } from "./arbitraries.ts"
import { cases, desk, makeFolder, open, problemsOf, reasonOf } from "./support.ts"

describe("a row and its file", () => {
  it("are the same, whatever the texts in it", () => {
    fc.assert(
      fc.property(rows, (row) => {
        const { ending, text } = newRowFile("assistants", row)
        assert.deepStrictEqual(parseRow(text, `a${ending}`), row)
      }),
      { numRuns: cases(200) }
    )
  })

  it("stay the same when the row changes", () => {
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const file = newRowFile("assistants", before)
        const changed = changeRowFile("assistants", file.text, `a${file.ending}`, after)
        assert.isTrue(equal(parseRow(changed.text, `a${changed.ending}`), after))
      }),
      { numRuns: cases(60) }
    )
  })

  it("keep comments, order, quotes and spacing of everything that does not change", () => {
    const odd = `# Top
voice:   { provider: 11labs,voiceId: 'paula' }   # a voice


name:    "Desk"      # the name
firstMessage: >
  Folded
  text.
endCallPhrases:
# not indented
- "bye"   # one
- 'so long'
metadata:
    deep:
        # four spaces
        a: 0x10
        b: ~
`
    const row = parseRow(odd, "a.yaml")
    const changed = changeRowFile(
      "assistants",
      odd,
      "a.yaml",
      rowWith({ ...row, name: "Front desk" }, ["metadata", "deep", "a"], 17)
    )
    assert.strictEqual(changed.text, odd.replace('"Desk"      #', '"Front desk"      #').replace("0x10", "17"))
  })

  it("keep the comments and the style of items that stay in a list, and of those that change in it", () => {
    const text = `name: Desk
model:
  provider: openai
  toolIds:
    # the shop's
    - lookup-order # asks
    - transfer-call   # hands over
    - 'send-sms'
  tools:
    - type: function # inline
      function:
        name: a # the a
        description: A
    - type: endCall # ends
endCallPhrases: [bye,   "so long"] # said
`
    const row = parseRow(text, "a.yaml")
    const changed = (path: ReadonlyArray<string>, value: unknown) =>
      changeRowFile("assistants", text, "a.yaml", rowWith(row, path, value)).text
    assert.strictEqual(
      changed(["model", "toolIds"], ["lookup-order", "send-sms", "new-one"]),
      text.replace(/ *- transfer-call.*\n/, "").replace("'send-sms'", "'send-sms'\n    - new-one")
    )
    const [inline, ending] = [{ type: "function", function: { name: "a", description: "B" } }, { type: "endCall" }]
    assert.strictEqual(
      changed(["model", "tools"], [{ type: "dtmf" }, inline, ending]),
      text
        .replace("    - type: function", "    - type: dtmf\n    - type: function")
        .replace("description: A", "description: B")
    )
    assert.strictEqual(
      changed(["endCallPhrases"], ["so long", "ciao"]),
      text.replace('[bye,   "so long"]', '["so long", ciao]')
    )
  })

  it("say the same where they have aliases, whatever becomes of their style", () => {
    const text = "metadata:\n  a: &a { x: 1, y: [1] }\n  b: *a\n  c: [*a, 2]\n"
    const row = parseRow(text, "a.yaml")
    for (const [path, value] of [
      [["metadata", "b", "x"], 2],
      [["metadata", "a", "x"], 2],
      [["metadata", "a"], undefined],
      [["metadata", "c"], [2]]
    ] as const) {
      const after = rowWith(row, path, value)
      assert.deepStrictEqual(parseRow(changeRowFile("assistants", text, "a.yaml", after).text, "a.yaml"), after)
    }
  })

  it("put a new key where the contract has it, and take one away with its comment", () => {
    const row = parseRow(desk, "desk.md")
    const added = changeRowFile("assistants", desk, "desk.md", { ...row, firstMessageMode: "assistant-waits-for-user" })
    assert.deepStrictEqual(added.text.split("\n").slice(2, 5), [
      "name: Desk",
      'firstMessage: "Hello, this is the desk." # said first',
      "firstMessageMode: assistant-waits-for-user"
    ])
    const { firstMessage: _, ...rest } = row
    assert.strictEqual(changeRowFile("assistants", desk, "desk.md", rest).text, desk.replace(/firstMessage.*\n/, ""))
  })

  it("become YAML when there are several messages, with the comments of the front matter", () => {
    const row = rowWith(
      parseRow(desk, "desk.md"),
      ["model", "messages"],
      [
        { role: "system", content: "One" },
        { role: "user", content: "Two" }
      ]
    )
    const { ending, text } = changeRowFile("assistants", desk, "desk.md", row)
    assert.deepStrictEqual(
      [ending, parseRow(text, "desk.yaml"), text.includes("# Who answers the telephone.")],
      [".yaml", row, true]
    )
  })

  it("may have Windows' line ends", () => {
    const windows = desk.replaceAll("\n", "\r\n")
    const row = parseRow(windows, "desk.md")
    assert.deepStrictEqual(row, parseRow(desk, "desk.md"))
    const { text } = changeRowFile("assistants", windows, "desk.md", { ...row, name: "Front desk" })
    assert.strictEqual(text, windows.replace("name: Desk", "name: Front desk"))
  })
})

describe("what is wrong with a folder", () => {
  const place = async (files: Readonly<Record<string, string>>) =>
    problemsOf(await reasonOf(() => open(makeFolder(files)))).map(({ file, path }) => [file, path])

  it("is told all at once, each with file and path, without quoting a value", async () => {
    const folder = makeFolder({
      "tools/a.yaml": "type: function\n  broken: canary",
      "tools/b.yaml": "server: { url: '${env:NOT_SET}/x' }",
      "assistants/c.md": "no front matter",
      "assistants/d.md": "---\nmodel: { provider: openai, messages: [] }\n---\ntext"
    })
    const reason = await reasonOf(() => open(folder))
    assert.deepStrictEqual(
      problemsOf(reason).map(({ file, path }) => [file, path]),
      [
        ["tools/a.yaml", undefined],
        ["tools/b.yaml", "server.url"],
        ["assistants/c.md", undefined],
        ["assistants/d.md", "model.messages"]
      ]
    )
    assert.notInclude(JSON.stringify(reason), "canary")
  })

  it("names keys in the environment's file, unknown kinds, and files that are the same row", async () => {
    assert.deepStrictEqual(await place({ "environments/test.yaml": "apiKey: x" }), [
      ["environments/test.yaml", "apiKey"]
    ])
    assert.deepStrictEqual(await place({ "aywa.yaml": "formatVersion: 1\ninclude: [robots]" }), [
      ["aywa.yaml", "include[0]"]
    ])
    assert.deepStrictEqual(await place({ "aywa.yaml": "formatVersion: 2" }), [["aywa.yaml", "formatVersion"]])
    assert.deepStrictEqual(await place({ "tools/a.yaml": "{}", "tools/a.yml": "{}" }), [["tools/a.yml", undefined]])
    assert.deepStrictEqual(await place({ "environments/other.yaml": "{}" }), [["environments", undefined]])
    assert.deepStrictEqual(await place({ "state/test.json": "<<<<<<< ours" }), [["state/test.json", undefined]])
  })
})

describe("variables and overrides of an environment", () => {
  it("are put in where a whole value stands, or within a URL, and nowhere else", () => {
    const folder = makeFolder({
      "environments/test.yaml":
        "variables: { host: 127.0.0.1, seconds: 30 }\noverrides: { tools/a: { async: true, server: { headers: null } } }\n",
      "tools/a.yaml":
        "type: function\ndescription: 'costs ${var:host}'\nserver:\n  url: http://${var:host}/x\n  timeoutSeconds: ${var:seconds}\n  headers: { x: y }\n"
    })
    assert.deepStrictEqual(open(folder).rows[0]?.row, {
      type: "function",
      description: "costs ${var:host}",
      server: { url: "http://127.0.0.1/x", timeoutSeconds: 30 },
      async: true
    })
  })
})

describe("slugs", () => {
  it.each([
    ["Front Desk", "front-desk"],
    ["lookupOrder", "lookup-order"],
    ["+1 415 555-0123", "1-415-555-0123"],
    ["Où ça?", "ou-ca"],
    ["日本", "assistant"],
    ["x".repeat(80), "x".repeat(60)]
  ])("of %s is %s", (name, slug) => {
    assert.strictEqual(slugOf(name, kindOf("assistants")), slug)
  })
})

describe("the JSON Schemas", () => {
  it("are those of the contract table (node scripts/schemas.ts)", () => {
    assert.deepStrictEqual(bodySchemas, today())
  })
})
