/**
 * Organizations do not see each other. The same requests of B are made in two runtimes: in one of them A works at the
 * same time, with the same names, numbers, idempotency keys and even ids. B must get the same answers in both, and
 * nothing of A may change through B. A and B are any two organizations, so it holds the other way round, too.
 *
 * `AYWA_RUNS=100` runs more of them; `AYWA_SEED` repeats one that failed.
 */
import * as fc from "fast-check"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { prepare, served, type Step, step } from "./isolation/requests.ts"
import { learn, makeNormalise, openWorld, organizations, type World } from "./isolation/world.ts"
import { runs } from "../../runtime-sdk/test/support/runs.ts"

const histories = runs(5)

/** Forms of the bodies; all of them where laws are tried more often. */
const variants = process.env["AYWA_RUNS"] === undefined ? [1, 2] : [0, 1, 2, 3]
const seed = process.env["AYWA_SEED"] === undefined ? {} : { seed: Number(process.env["AYWA_SEED"]) }

const nobody = "00000000-0000-4000-8000-000000000000"
const other = { A: "B", B: "A" } as const

describe("organizations", () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "runtime-local-"))
  let together: World
  let alone: World
  beforeAll(async () => {
    together = await openWorld(path.join(directory, "together.sqlite"))
    alone = await openWorld(path.join(directory, "alone.sqlite"))
  })
  afterAll(async () => {
    await together.close()
    await alone.close()
    fs.rmSync(directory, { recursive: true, force: true })
  })

  /** How often each operation was asked for by B, of a row of A's, and how often it succeeded with any. */
  const coverage = new Map(served.map(({ name }) => [name, { foreign: 0, succeeded: 0, served: false }]))

  /** What a step means in a world: own ids are those of this world, ids of the other are those that it was given. */
  const inWorld = (world: World, step: Step, given: ReadonlyMap<string, string>) => {
    const used = new Map(given)
    const own = world.knows[step.who]
    const theirs = world.knows[other[step.who]]
    const pick = (list: ReadonlyArray<string> | undefined) => list?.at(step.row % list.length) ?? nobody
    const ref = (resource: string): string => {
      if (step.side === "nobody") return nobody
      if (step.side === "mine") return pick(own.ids.get(resource))
      const id = used.get(resource) ?? pick(theirs.ids.get(resource))
      used.set(resource, id)
      return id
    }
    const cursors = step.cursor === "mine" ? own.cursors : theirs.cursors
    const cursor =
      step.cursor === undefined
        ? undefined
        : step.cursor === "theirs"
          ? (used.get("cursor") ?? pick(cursors))
          : pick(cursors)
    if (step.cursor === "theirs" && cursor !== undefined) used.set("cursor", cursor)
    return { request: prepare(step, ref, cursor, organizations[other[step.who]]), used }
  }

  const settle = async (world: World) => {
    await world.runtime.webhooks.idle()
    // A call lives for some steps.
    await world.runtime.clock.advance(10)
    await world.runtime.webhooks.idle()
  }

  const runTogether = async (steps: ReadonlyArray<Step>) => {
    const given: Array<ReadonlyMap<string, string>> = []
    const answers: Array<Awaited<ReturnType<World["ask"]>> | undefined> = []
    together.begin()
    for (const step of steps) {
      const { name, resource } = served[step.operation]!
      const { request, used } = inWorld(together, step, new Map())
      const before = step.who === "B" ? together.dump(organizations.A) : ""
      const answer = await together.ask(step.who, request)
      if (step.who === "B") assert.strictEqual(together.dump(organizations.A), before)
      learn(together.knows[step.who], resource, answer.text)
      given.push(used)
      answers.push(step.who === "B" ? answer : undefined)
      const count = coverage.get(name)!
      if (answer.status !== 404 || !answer.text.includes("There is no /")) count.served = true
      if (answer.status < 300) count.succeeded += 1
      if (step.who === "B" && step.side === "theirs") count.foreign += 1
      await settle(together)
    }
    return { given, answers }
  }

  const theSameAlone = async (steps: ReadonlyArray<Step>) => {
    const { given, answers } = await runTogether(steps)
    // What B names of A's is the same text in both worlds; B's own ids differ between them.
    const literals = new Set(given.flatMap((used, index) => (steps[index]!.who === "B" ? [...used.values()] : [])))
    const [seen, expected] = [makeNormalise(literals), makeNormalise(literals)]
    alone.begin()
    for (const [index, step] of steps.entries()) {
      const answer = answers[index]
      if (answer !== undefined) {
        const { name, resource } = served[step.operation]!
        const { request } = inWorld(alone, step, given[index]!)
        const without = await alone.ask("B", request)
        learn(alone.knows.B, resource, without.text)
        assert.deepStrictEqual(
          { name, ...(seen(name, answer) as object) },
          { name, ...(expected(name, without) as object) }
        )
      }
      await settle(alone)
    }
  }

  it(
    "neither read, change nor infer anything of each other",
    async () => {
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), theSameAlone), {
        numRuns: histories,
        endOnFailure: process.env["CI"] !== undefined,
        ...seed
      })
    },
    Math.max(120_000, histories * 5000)
  )

  it("by any operation of the contract, asked for rows of the other", async () => {
    const base = {
      row: 0,
      variant: 0,
      key: undefined,
      cursor: undefined,
      foreignHeader: false,
      ifMatch: false
    } as const
    const creates = served.flatMap(({ name }, operation) => (/\.(create|upload)/.test(name) ? [operation] : []))
    const make = (who: "A" | "B") => creates.map((operation): Step => ({ ...base, who, operation, side: "mine" }))
    for (const variant of variants) {
      const foreign = served.map((_, operation): Step => ({ ...base, who: "B", operation, side: "theirs", variant }))
      // Deletes come last, or nothing would be left to ask about.
      const isDelete = (operation: number) => served[operation]!.name.endsWith(".delete")
      const own = served
        .map((_, operation): Step => ({ ...base, who: "B", operation, side: "mine", variant, row: variant }))
        .toSorted((a, b) => Number(isDelete(a.operation)) - Number(isDelete(b.operation)))
      // Some tools and assistants are pinned, one of each is not.
      const pinned = ["tools.delete", "assistants.delete"].flatMap((wanted) =>
        Array.from({ length: 8 }, (_, row): Step => ({
          ...base,
          who: "B",
          operation: served.findIndex(({ name }) => name === wanted),
          side: "mine",
          row
        }))
      )
      // The call that was made last is still running: a later one would find it ended.
      const onTheLine = ["calls.create", "calls.control"].map((wanted): Step => ({
        ...base,
        who: "B",
        operation: served.findIndex(({ name }) => name === wanted),
        side: "mine",
        row: -1
      }))
      await theSameAlone([...make("A"), ...foreign, ...make("B"), ...make("B"), ...onTheLine, ...own, ...pinned])
    }
    const unserved = [...coverage].filter(([, { served }]) => !served).map(([name]) => name)
    const untried = [...coverage].filter(([, { foreign }]) => foreign === 0).map(([name]) => name)
    const neverDone = [...coverage].filter(([, { succeeded }]) => succeeded === 0)
    assert.deepStrictEqual(unserved, [])
    assert.deepStrictEqual(untried, [])
    assert.deepStrictEqual(
      neverDone.map(([name]) => name),
      []
    )
  }, 120_000)
})
