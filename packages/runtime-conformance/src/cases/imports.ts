/** Imports: an account comes in once, whole, and can be looked up afterwards. */
import type { Bench } from "../bench/Bench.ts"
import { bodies, nameOf, trunk } from "../bench/marks.ts"
import { type Answer, answerText, isSuccess } from "../bench/wire.ts"
import { fail, type Finding, unclear } from "../model/Case.ts"
import { at, isObject, type Json, rowsOf, textAt } from "../model/json.ts"
import { define, eachOf, expectStatus, expectThat } from "./define.ts"

const sourceId = ({ run }: Bench, label: string): string => `aywa-${run.id}-${label}`

const assistantOf = (bench: Bench, label: string, fields: Json = {}): Json => ({
  id: sourceId(bench, label),
  ...bodies["/assistant"](bench.run.id, label),
  ...fields
})

const importOf = (bench: Bench, bundle: Json, path = "/imports/vapi"): Promise<Answer> =>
  bench.send({ method: "POST", path, body: bundle })

const mappingsIn = (json: unknown): ReadonlyArray<Json> => {
  const mappings = at(json, "mappings")
  return Array.isArray(mappings) ? mappings.filter(isObject) : []
}

const mappingOf = (json: unknown, source: string): Json | undefined =>
  mappingsIn(json).find((one) => one["sourceId"] === source)

/** Imports, and gives the answer; the case ends where that does not work. */
const imported = async (bench: Bench, bundle: Json): Promise<Answer> => {
  const answer = await importOf(bench, bundle)
  return isSuccess(answer) ? answer : unclear(`an import gets ${answerText(answer)}`)
}

const first = (bench: Bench): Promise<Answer> =>
  bench.once("first import", () => imported(bench, { assistants: [assistantOf(bench, "import")] }))

/** A tool that hands over to an assistant that uses the tool. */
const circle = (bench: Bench): Json => {
  const { run } = bench
  const [assistant, tool] = [sourceId(bench, "circle"), sourceId(bench, "circle-tool")]
  return {
    assistants: [assistantOf(bench, "circle", { model: { provider: "openai", model: "gpt-4o", toolIds: [tool] } })],
    tools: [
      {
        id: tool,
        ...bodies["/tool"](run.id, "circle-tool"),
        type: "transferCall",
        destinations: [{ type: "assistant", assistantId: assistant, assistantName: nameOf(run.id, "circle") }]
      }
    ]
  }
}

const trunkOf = (bench: Bench): Json => ({
  id: sourceId(bench, "trunk"),
  ...trunk(bench.run.id, "import-trunk"),
  outboundAuthenticationPlan: { authUsername: "aywa" }
})

export const imports = define(
  "imports",
  {
    power: "write",
    consequence: "An account cannot be moved into this runtime, or not repeatably.",
    workaround: "Create the rows through the SDK, with keys of their own, and keep the mapping yourself."
  },
  {
    minimal: {
      level: "MUST",
      origin: "doc",
      title: "a bundle is imported",
      expected: "201 with id, status and a mapping of every row",
      run: async (bench) => {
        const answer = await importOf(bench, { assistants: [assistantOf(bench, "minimal")] })
        const mapping = mappingOf(answer.json, sourceId(bench, "minimal"))
        if (answer.status !== 201) return fail(answerText(answer))
        const isWhole =
          textAt(answer.json, "id") !== undefined &&
          mapping?.["action"] === "created" &&
          textAt(mapping, "runtimeId") !== undefined
        return expectThat(isWhole, isWhole ? `status ${String(at(answer.json, "status"))}` : "no id, or no mapping")
      }
    },
    twice: {
      level: "MUST",
      origin: "assumed",
      title: "the same bundle again changes nothing",
      expected: "unchanged, with the same runtimeId",
      consequence: "An import that is repeated makes everything twice.",
      run: async (bench) => {
        const one = mappingOf((await first(bench)).json, sourceId(bench, "import"))
        const again = await imported(bench, { assistants: [assistantOf(bench, "import")] })
        const two = mappingOf(again.json, sourceId(bench, "import"))
        const isSame = two?.["action"] === "unchanged" && two["runtimeId"] === one?.["runtimeId"]
        return expectThat(
          isSame,
          isSame
            ? "unchanged"
            : `${String(two?.["action"])}${two?.["runtimeId"] === one?.["runtimeId"] ? "" : ", another row"}`
        )
      }
    },
    changed: {
      level: "SHOULD",
      origin: "assumed",
      title: "a bundle that changed updates its rows",
      expected: "updated, with the same runtimeId, and the change in the row",
      run: async (bench) => {
        const label = "updated"
        const one = await imported(bench, { assistants: [assistantOf(bench, label)] })
        const two = await imported(bench, { assistants: [assistantOf(bench, label, { firstMessage: "New." })] })
        const [before, after] = [one, two].map(({ json }) => mappingOf(json, sourceId(bench, label)))
        if (after?.["action"] !== "updated" || after["runtimeId"] !== before?.["runtimeId"])
          return fail(String(after?.["action"]))
        const { json } = await bench.send({ path: `/assistant/${String(after["runtimeId"])}` })
        return expectThat(at(json, "firstMessage") === "New.", "updated")
      }
    },
    circle: {
      level: "MUST",
      origin: "compat",
      title: "rows that refer to one another are imported",
      expected: "both, each with the runtime's id of the other",
      consequence: "References lead to ids of the source, and calls fail.",
      run: async (bench) => {
        const { json } = await imported(bench, circle(bench))
        const [assistant, tool] = ["circle", "circle-tool"].map((label) =>
          textAt(mappingOf(json, sourceId(bench, label)), "runtimeId")
        )
        if (assistant === undefined || tool === undefined) return fail("not both are mapped")
        const row = (await bench.send({ path: `/assistant/${assistant}` })).json
        const other = (await bench.send({ path: `/tool/${tool}` })).json
        const ids = at(row, "model", "toolIds")
        const destinations = at(other, "destinations")
        const isThere = Array.isArray(ids) && ids[0] === tool
        const isBack = Array.isArray(destinations) && at(destinations[0], "assistantId") === assistant
        return expectThat(
          isThere && isBack,
          isThere && isBack
            ? "both ways"
            : isThere
              ? "the tool has the source's id"
              : "the assistant has the source's id"
        )
      }
    },
    get: {
      level: "SHOULD",
      origin: "assumed",
      title: "an import can be read afterwards",
      expected: "200 with the import, and it in the list",
      run: async (bench) => {
        const id = textAt((await first(bench)).json, "id") ?? ""
        const answer = await bench.send({ path: `/imports/${id}` })
        if (answer.status !== 200 || at(answer.json, "id") !== id) return fail(answerText(answer))
        const listed = (await bench.rows("/imports", { limit: 100 })).some((row) => row["id"] === id)
        return expectThat(listed, listed ? "there" : "not in the list")
      }
    },
    mappings: {
      level: "MUST",
      origin: "assumed",
      title: "mappings can be read afterwards",
      expected: "sourceId and runtimeId of every row",
      consequence: "Ids in a database of yours cannot be rewritten.",
      run: async (bench) => {
        const answer = await first(bench)
        const { json, ...rest } = await bench.send({ path: `/imports/${String(at(answer.json, "id"))}/mappings` })
        const mapping = rowsOf(json)?.find((one) => one["sourceId"] === sourceId(bench, "import"))
        const isSame =
          mapping !== undefined &&
          mapping["runtimeId"] === mappingOf(answer.json, sourceId(bench, "import"))?.["runtimeId"]
        return expectThat(isSame, isSame ? "the same" : answerText({ json, ...rest }))
      }
    },
    secrets: {
      level: "SHOULD",
      origin: "assumed",
      title: "secrets that are missing are named",
      expected: "a warning for a trunk without its password",
      consequence: "Calls fail for a reason that nobody told.",
      run: async (bench) => {
        const { json } = await imported(bench, { credentials: [trunkOf(bench)] })
        const warnings = mappingOf(json, sourceId(bench, "trunk"))?.["warnings"]
        const named = Array.isArray(warnings) && warnings.some((one) => String(one).includes("authPassword"))
        return expectThat(named, named ? "named" : "no warning names it")
      }
    },
    dangling: {
      level: "SHOULD",
      origin: "assumed",
      title: "a reference to nothing is kept, and told",
      expected: "the row with the reference as it was, and a warning",
      consequence: "References disappear, and nobody knows which.",
      run: async (bench) => {
        const model = { provider: "openai", model: "gpt-4o", toolIds: ["aywa-no-such-tool"] }
        const { json } = await imported(bench, { assistants: [assistantOf(bench, "dangling", { model })] })
        const mapping = mappingOf(json, sourceId(bench, "dangling"))
        const warnings = mapping?.["warnings"]
        const told = Array.isArray(warnings) && warnings.some((one) => String(one).includes("aywa-no-such-tool"))
        const row = (await bench.send({ path: `/assistant/${String(mapping?.["runtimeId"])}` })).json
        const kept = JSON.stringify(at(row, "model", "toolIds")) === '["aywa-no-such-tool"]'
        return expectThat(told && kept, told ? (kept ? "kept and told" : "not kept") : "not told")
      }
    },
    alias: {
      level: "MAY",
      origin: "doc",
      title: "/import/vapi is /imports/vapi",
      expected: "201",
      consequence: "Code that was written for the older name fails; the SDK uses the newer one.",
      workaround: "Use /imports/vapi.",
      run: async (bench) =>
        expectStatus(await importOf(bench, { assistants: [assistantOf(bench, "alias")] }, "/import/vapi"), 201)
    },
    source: {
      level: "SHOULD",
      origin: "doc",
      title: "POST /imports takes source and bundle",
      expected: "201 with the source",
      run: async (bench) => {
        const bundle = { assistants: [assistantOf(bench, "source")] }
        const answer = await importOf(bench, { source: "vapi", bundle }, "/imports")
        return expectThat(answer.status === 201 && at(answer.json, "source") === "vapi", answerText(answer))
      }
    },
    refused: {
      level: "SHOULD",
      origin: "assumed",
      title: "what is no bundle is refused",
      expected: "400 for assistants that are no list, without a row",
      run: async (bench): Promise<Finding> =>
        eachOf([{ assistants: "all" }], async (bundle) => expectStatus(await importOf(bench, bundle), 400, 422))
    }
  }
)
