/** Two people who push, and one who edits on the runtime, in any order: nobody's edit is lost. */
import * as fc from "fast-check"
import { assert, it } from "vitest"
import type { AywaRuntimeClient, JsonObject } from "@aywa-ai/runtime-sdk"
import { type ConfigClient, isRuntimeConfigError, pullConfig, pushConfig } from "../src/index.ts"
import { valueAt } from "../src/rows/json.ts"
import { makeFolder, only, open, read, snapshot, start, write } from "./support.ts"

const prompt = "one: 0\n\n\ntwo: 0\n\n\nthree: 0"
const file = `---\n# The desk.\nname: Desk\nfirstMessage: "0"\nmodel: { provider: openai, model: gpt-4o }\n---\n\n${prompt}\n`

/** A version of the row that somebody wrote. */
interface Version {
  readonly version: number
  readonly by: string
  readonly row: JsonObject
  /** The first message that its writer had before their own edit. */
  readonly had: string
}

const promptOf = (row: unknown): string => String(valueAt(row, ["model", "messages", 0, "content"]))

/** The client with a gate before each request, and a note of each write. */
const gated = (
  aywa: AywaRuntimeClient,
  gate: () => Promise<unknown>,
  wrote: (row: JsonObject, etag: string) => void
): ConfigClient => {
  const group = (real: object): object =>
    new Proxy(real, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== "function") return method
        return (...args: ReadonlyArray<unknown>) => ({
          withResponse: async () => {
            await gate()
            const answer = await Reflect.apply(method, target, args).withResponse()
            if (name === "update") wrote(answer.value, answer.response.headers["etag"])
            return answer
          },
          [Symbol.asyncIterator]: async function* () {
            await gate()
            yield* Reflect.apply(method, target, args)
          }
        })
      }
    })
  const { assistants, credentials, phoneNumbers, structuredOutputs, tools, webhookEndpoints } = aywa
  const all = { assistants, credentials, phoneNumbers, structuredOutputs, tools, webhookEndpoints }
  // The very groups of the client, behind a gate.
  return Object.fromEntries(Object.entries(all).map(([name, real]) => [name, group(real)])) as unknown as ConfigClient
}

const schedules = Number(process.env["AYWA_CONFIG_SCHEDULES"] ?? 4)

it("in any schedule", async () => {
  const { aywa, runtime } = await start({ rateLimit: { limit: 1_000_000 } })
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      async (scheduler, shared) => {
        runtime.reset()
        const first = makeFolder({ "assistants/desk.md": file })
        await pushConfig(aywa, open(first))
        const folders = [first, makeFolder(snapshot(first, /^\.schema\//))]
        const { id } = only(runtime.rows("assistants"))
        const history: Array<Version> = []
        const gate = (name: string) => scheduler.schedule(Promise.resolve(), name)

        const pusher = async (folder: string, region: string, at: number) => {
          let had = "0"
          const client = gated(
            aywa,
            () => gate(region),
            (row, etag) => void history.push({ version: Number(etag.slice(1, -1)), by: region, row, had })
          )
          const edit = (round: number) => {
            const before = read(folder, "assistants/desk.md")
            had = /firstMessage: "?([^"\n]*)"?/.exec(before)?.[1] ?? ""
            const touched =
              shared[at * 2 + round - 1] === true
                ? before.replace(/firstMessage: .*/, `firstMessage: "${region} ${round}"`)
                : before
            write(folder, {
              "assistants/desk.md": touched.replace(new RegExp(`^${region}: .*`, "m"), `${region}: ${round}`)
            })
          }
          for (const round of [1, 2]) {
            edit(round)
            for (let tries = 0; ; tries++) {
              if (tries > 20) throw new Error("it never got through")
              try {
                await pushConfig(client, open(folder))
                break
              } catch (error) {
                if (!isRuntimeConfigError(error) || error.reason._tag !== "Conflict") throw error
              }
              const pulled = await pullConfig(client, open(folder, "keep"))
              if (pulled.conflicts.length === 0) continue
              // Their row is taken, and the own edit is made again on top of it.
              write(folder, { "assistants/desk.md": read(folder, "assistants/desk.theirs.md") })
              await pullConfig(client, open(folder, "keep"))
              edit(round)
            }
          }
        }

        const editor = async () => {
          for (const round of [1, 2]) {
            for (;;) {
              await gate("three")
              const { value, response } = await aywa.assistants.get(id).withResponse()
              await gate("three")
              const content = promptOf(value).replace(/three: .*/, `three: ${round}`)
              const body = {
                model: { ...value.model, provider: "openai", messages: [{ role: "system" as const, content }] },
                ...(shared[3 + round] === true ? { firstMessage: `three ${round}` } : {})
              }
              try {
                const { value: row, response: written } = await aywa.assistants
                  .update(id, body, { ifMatch: response.headers["etag"] })
                  .withResponse()
                history.push({
                  version: Number(written.headers["etag"]?.slice(1, -1)),
                  by: "three",
                  row,
                  had: String(value.firstMessage)
                })
                break
              } catch (error) {
                if (Reflect.get(Object(error), "code") !== "precondition_failed") throw error
              }
            }
          }
        }

        await scheduler.waitFor(
          Promise.all([pusher(folders[0] ?? "", "one", 0), pusher(folders[1] ?? "", "two", 1), editor()])
        )
        // Every region has its writer's last edit, and no version took another one's back.
        const versions = history.toSorted((a, b) => a.version - b.version)
        let before = { prompt, firstMessage: "0" }
        for (const { by, row, had } of versions) {
          const regions = ["one", "two", "three"].filter((region) => region !== by)
          const line = (text: string, region: string) => new RegExp(`^${region}: .*`, "m").exec(text)?.[0]
          const after = { prompt: promptOf(row), firstMessage: String(row["firstMessage"]) }
          assert.deepStrictEqual(
            regions.map((region) => line(after.prompt, region)),
            regions.map((region) => line(before.prompt, region))
          )
          // Whoever replaced the first message had seen the one that they replaced.
          assert.isTrue(after.firstMessage === before.firstMessage || had === before.firstMessage)
          before = after
        }
        assert.strictEqual(promptOf(only(runtime.rows("assistants"))), "one: 2\n\n\ntwo: 2\n\n\nthree: 2")
      }
    ),
    { numRuns: schedules }
  )
}, 3_600_000)
