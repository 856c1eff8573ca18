import * as fc from "fast-check"
import * as fs from "node:fs"
import { assert, describe, it } from "vitest"
import {
  findReferences,
  type FoundReference,
  type JsonObject,
  references,
  type ReferringKind,
  rewriteReferences
} from "../src/contract.ts"
import { assertMatches } from "./support/assertions.ts"

/** Every place that the source API is known to refer from. */
const known: ReadonlyArray<readonly [ReferringKind, string, JsonObject]> = [
  ["assistants", "tools", { model: { toolIds: ["X"] } }],
  ["assistants", "tools", { model: { toolRefs: [{ toolId: "X", version: "v1" }] } }],
  ["assistants", "assistants", { model: { tools: [{ type: "handoff", destinations: [{ assistantId: "X" }] }] } }],
  ["assistants", "squads", { model: { tools: [{ type: "handoff", destinations: [{ squadId: "X" }] }] } }],
  ["assistants", "credentials", { model: { tools: [{ type: "apiRequest", credentialId: "X" }] } }],
  ["assistants", "credentials", { model: { tools: [{ type: "function", server: { credentialId: "X" } }] } }],
  ["assistants", "files", { model: { tools: [{ type: "query", knowledgeBases: [{ fileIds: ["X"] }] }] } }],
  ["assistants", "tools", { hooks: [{ on: "call.ending", do: [{ type: "tool", toolId: "X" }] }] }],
  ["assistants", "credentials", { hooks: [{ do: [{ tool: { server: { credentialId: "X" } } }] }] }],
  ["assistants", "structuredOutputs", { artifactPlan: { structuredOutputIds: ["X"] } }],
  ["assistants", "assistants", { artifactPlan: { structuredOutputs: [{ assistantIds: ["X"] }] } }],
  ["assistants", "scorecards", { artifactPlan: { scorecardIds: ["X"] } }],
  ["assistants", "credentials", { credentialIds: ["X"] }],
  ["assistants", "credentials", { server: { credentialId: "X" } }],
  ["assistants", "credentials", { voice: { server: { credentialId: "X" } } }],
  ["assistants", "credentials", { voice: { fallbackPlan: { voices: [{ server: { credentialId: "X" } }] } } }],
  ["assistants", "credentials", { transcriber: { server: { credentialId: "X" } } }],
  [
    "assistants",
    "credentials",
    { transcriber: { fallbackPlan: { transcribers: [{ server: { credentialId: "X" } }] } } }
  ],
  ["assistants", "credentials", { model: { knowledgeBase: { server: { credentialId: "X" } } } }],
  ["assistants", "credentials", { startSpeakingPlan: { smartEndpointingPlan: { server: { credentialId: "X" } } } }],
  ["assistants", "monitors", { monitorPlan: { monitorIds: ["X"] } }],
  ["assistants", "tools", { compliancePlan: { recordingConsentPlan: { declineToolId: "X" } } }],
  ["assistants", "pronunciationDictionaries", { voice: { pronunciationDictId: "X" } }],
  ["assistants", "pronunciationDictionaries", { voice: { pronunciationDictionary: [{ pronunciationDictId: "X" }] } }],
  [
    "assistants",
    "pronunciationDictionaries",
    { voice: { pronunciationDictionaryLocators: [{ pronunciationDictionaryId: "X" }] } }
  ],
  ["assistants", "workflows", { model: { workflowId: "X" } }],
  ["phoneNumbers", "assistants", { assistantId: "X" }],
  ["phoneNumbers", "squads", { squadId: "X" }],
  ["phoneNumbers", "workflows", { workflowId: "X" }],
  ["phoneNumbers", "credentials", { credentialId: "X" }],
  ["phoneNumbers", "credentials", { server: { credentialId: "X" } }],
  ["phoneNumbers", "tools", { hooks: [{ on: "call.ending", do: { type: "tool", toolId: "X" } }] }],
  ["tools", "credentials", { credentialId: "X" }],
  ["tools", "credentials", { server: { credentialId: "X" } }],
  ["tools", "credentials", { destinations: [{ type: "dynamic", server: { credentialId: "X" } }] }],
  ["tools", "assistants", { destinations: [{ assistantId: "X" }] }],
  ["tools", "squads", { destinations: [{ squadId: "X" }] }],
  ["tools", "files", { knowledgeBases: [{ fileIds: ["X"] }] }],
  ["tools", "knowledgeBases", { knowledgeBaseId: "X" }],
  ["tools", "tools", { destinations: [{ assistant: { model: { toolIds: ["X"] } } }] }],
  ["structuredOutputs", "assistants", { assistantIds: ["X"] }],
  ["structuredOutputs", "workflows", { workflowIds: ["X"] }],
  ["squads", "assistants", { members: [{ assistantId: "X" }] }],
  ["squads", "tools", { members: [{ assistant: { model: { toolIds: ["X"] } } }] }],
  [
    "squads",
    "tools",
    { members: [{ assistantOverrides: { "tools:append": [{ destinations: [] }], model: { toolIds: ["X"] } } }] }
  ]
]

const byName: ReadonlyArray<readonly [ReferringKind, JsonObject]> = [
  ["tools", { destinations: [{ type: "assistant", assistantName: "X" }] }],
  ["tools", { destinations: [{ type: "squad", entryAssistantName: "X" }] }],
  ["assistants", { model: { tools: [{ destinations: [{ assistantName: "X" }] }] } }],
  ["assistants", { hooks: [{ do: [{ type: "transfer", destination: { assistantName: "X" } }] }] }],
  ["squads", { members: [{ assistantDestinations: [{ assistantName: "X" }] }] }]
]

describe("references", () => {
  it.each(known)("%s refer to %s: %j", (kind, to, row) => {
    assertMatches(findReferences(kind, row), [{ to, by: "id", value: "X" }])
    const { row: rewritten, unresolved } = rewriteReferences(kind, row, ({ value }) => `${value}2`)
    assert.strictEqual(JSON.stringify(rewritten), JSON.stringify(row).replace('"X"', '"X2"'))
    assert.deepStrictEqual(unresolved, [])
  })

  it.each(byName)("%s refer by name: %j", (kind, row) => {
    assertMatches(findReferences(kind, row), [{ to: "assistants", by: "name", value: "X" }])
  })

  it("say where they stand", () => {
    const row = { model: { tools: [{}, { destinations: [{}, { assistant: { credentialIds: ["a", "b"] } }] }] } }
    assert.deepStrictEqual(
      findReferences("assistants", row).map(({ at }) => at),
      [
        "model.tools[1].destinations[1].assistant.credentialIds[0]",
        "model.tools[1].destinations[1].assistant.credentialIds[1]"
      ]
    )
  })

  it("what cannot be resolved is kept and reported, the rest is rewritten", () => {
    const row = { model: { toolIds: ["known", "gone"] }, other: { toolIds: ["known"] } }
    const { row: rewritten, unresolved } = rewriteReferences("assistants", row, ({ value }) =>
      value === "known" ? "new" : undefined
    )
    assert.deepStrictEqual(rewritten, { model: { toolIds: ["new", "gone"] }, other: { toolIds: ["known"] } })
    assert.deepStrictEqual(
      unresolved.map(({ at, value }) => [at, value]),
      [["model.toolIds[1]", "gone"]]
    )
    assert.deepStrictEqual(row.model.toolIds, ["known", "gone"])
  })

  it("null, empty and non-text values refer to nothing, and wrong shapes are left alone", () => {
    for (const row of [
      { assistantId: null, squadId: "", credentialId: 5, server: null },
      { server: "text", hooks: { do: "x" } },
      { hooks: [null, 1, { do: [null, "x", { toolId: null }] }] }
    ]) {
      assert.deepStrictEqual(findReferences("phoneNumbers", row), [])
      assert.strictEqual(rewriteReferences("phoneNumbers", row, () => "never").row, row)
    }
  })

  it("finds those of a recorded tool", () => {
    const file = new URL("fixtures/contract/tool.handoff.json", import.meta.url)
    const found = findReferences("tools", JSON.parse(fs.readFileSync(file, "utf8")))
    assert.deepStrictEqual(
      found.map(({ at, to, by }) => `${at} ${to} ${by}`),
      [
        "destinations[0].assistantId assistants id",
        "destinations[2].squadId squads id",
        "destinations[1].assistantName assistants name",
        "destinations[2].entryAssistantName assistants name"
      ]
    )
  })
})

describe("laws", () => {
  const kinds = Object.keys(references) as Array<ReferringKind>
  const token = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 3 })
  const keys = [
    ...new Set(Object.values(references).flatMap((rules) => rules.flatMap(({ path }) => path.split(/\[\]|\./)))),
    "unknown",
    "__proto__"
  ].filter((key) => key !== "")
  const { node } = fc.letrec<{ node: unknown; row: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(token, fc.constant(null), fc.integer()),
      tie("row"),
      fc.array(tie("node"), { maxLength: 3 })
    ),
    row: fc.dictionary(fc.constantFrom(...keys), tie("node"), { maxKeys: 6 })
  }))
  const row = fc.dictionary(fc.constantFrom(...keys), node, { maxKeys: 8 })
  const kind = fc.constantFrom(...kinds)
  const other = (reference: FoundReference) => `${reference.to}/${reference.value}`

  it("resolving to the same changes nothing, not even the object", () => {
    fc.assert(
      fc.property(kind, row, (kind, row) => {
        assert.strictEqual(rewriteReferences(kind, row, ({ value }) => value).row, row)
        assert.deepStrictEqual(rewriteReferences(kind, row, () => undefined).unresolved, findReferences(kind, row))
      }),
      { numRuns: 2000 }
    )
  })

  it("rewriting there and back gives the row, and what went in is not touched", () => {
    fc.assert(
      fc.property(kind, row, (kind, row) => {
        const before = JSON.stringify(row)
        const there = rewriteReferences(kind, row, other).row
        const back = rewriteReferences(kind, there, ({ value }) => value.slice(value.indexOf("/") + 1)).row
        assert.strictEqual(JSON.stringify(back), before)
        assert.strictEqual(JSON.stringify(row), before)
        assert.deepStrictEqual(
          findReferences(kind, there).map(({ at, value }) => [at, value]),
          findReferences(kind, row).map((reference) => [reference.at, other(reference)])
        )
      }),
      { numRuns: 2000 }
    )
  })
})
