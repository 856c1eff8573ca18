/** Lists: their shape, their filters, and whether a walk meets every row once. */
import type { Bench } from "../bench/Bench.ts"
import { bodies, nameOf } from "../bench/marks.ts"
import { answerText, isSuccess } from "../bench/wire.ts"
import { fail, type Finding, pass, skip, skipped, unclear } from "../model/Case.ts"
import { at, cursorOf, isObject, type Json, rowsOf, shapeOf, textAt } from "../model/json.ts"
import { define, type Definition, eachOf, expectStatus, expectThat } from "./define.ts"

/** The lists of the contract, by the names of their cases. */
export const listPaths = {
  "shape-assistant": "/assistant",
  "shape-phone-number": "/phone-number",
  "shape-tool": "/tool",
  "shape-call": "/call",
  "shape-credential": "/credential",
  "shape-webhook-endpoint": "/webhook-endpoint",
  "shape-file": "/file",
  "shape-structured-output": "/structured-output",
  "shape-import": "/imports",
  "shape-webhook-log": "/logs/webhooks"
} as const

const shapeCase = (path: string): Definition => ({
  level: "MUST",
  origin: "doc",
  title: `GET ${path} is a list`,
  expected: "200, in one of the four shapes that the SDK reads",
  consequence: "The SDK's list of it fails.",
  workaround: "Read it with aywa.request, and look whether the base URL has the right path.",
  run: async ({ send }) => {
    const answer = await send({ path, query: { limit: 2 } })
    const shape = shapeOf(answer.json)
    return expectThat(
      answer.status === 200 && shape !== undefined,
      shape === undefined ? answerText(answer) : `shape ${shape}`
    )
  }
})

/** A row to filter by: the newest, or one of the run's own. */
const someRow = async ({ rows, once, means, create }: Bench): Promise<Json> => {
  const [first] = await once("newest assistant", () => rows("/assistant", { limit: 1 }))
  if (first !== undefined) return first
  if (!means.write) return skipped("there is no row to filter by, and none may be made")
  return once("assistant for filters", async () => (await create("/assistant", "filter")).row)
}

const comparisons = {
  Gt: [(a: number, b: number) => a > b, false],
  Ge: [(a: number, b: number) => a >= b, true],
  Lt: [(a: number, b: number) => a < b, false],
  Le: [(a: number, b: number) => a <= b, true]
} as const

const filterCase = (field: "createdAt" | "updatedAt", suffix: keyof typeof comparisons): Definition => ({
  level: field === "createdAt" ? "MUST" : "SHOULD",
  origin: "compat",
  title: `${field}${suffix} filters`,
  expected: `only rows whose ${field} is that, and the row itself ${comparisons[suffix][1] ? "among" : "not among"} them`,
  consequence:
    field === "createdAt"
      ? "Bare arrays cannot be walked to their end."
      : "A sync by updatedAt misses rows or reads all.",
  workaround: "Read the whole list, and filter yourself.",
  run: async (bench) => {
    const row = await someRow(bench)
    const time = textAt(row, field)
    if (time === undefined) return fail(`the row has no ${field}`)
    const [holds, isInside] = comparisons[suffix]
    const rows = await bench.rows("/assistant", { [`${field}${suffix}`]: time, limit: 100 })
    const wrong = rows.filter((one) => !holds(Date.parse(textAt(one, field) ?? ""), Date.parse(time)))
    const inside = rows.some((one) => one["id"] === row["id"])
    if (wrong.length > 0) return fail(`${wrong.length} of ${rows.length} rows are outside of it`)
    return expectThat(
      inside === isInside || (isInside && rows.length >= 100),
      inside ? "the row is among them" : "the row is not among them"
    )
  }
})

interface Thirty {
  readonly ids: ReadonlySet<string>
  readonly rows: ReadonlyArray<Json>
}

const labels = Array.from({ length: 30 }, (_, index) => `walk-${String(index).padStart(2, "0")}`)

/** Thirty rows, of one instant where an import gives them one. */
const thirty = (bench: Bench): Promise<Thirty> =>
  bench.once("thirty assistants", async () => {
    const { run } = bench
    const source = labels.map((label) => ({ id: `aywa-${run.id}-${label}`, ...bodies["/assistant"](run.id, label) }))
    const answer = await bench.send({ method: "POST", path: "/imports/vapi", body: { assistants: source } })
    if (!isSuccess(answer)) {
      for (const label of labels) {
        // oxlint-disable-next-line no-await-in-loop -- paced anyway.
        await bench.create("/assistant", label)
      }
    }
    const all = await bench.rows("/assistant", { limit: 100 })
    const rows = all.filter((row) => textAt(row, "name")?.startsWith(nameOf(run.id, "walk-")))
    if (rows.length < 30) return unclear(`of 30 rows that were made, ${rows.length} are among the newest 100`)
    return { rows, ids: new Set(rows.map((row) => String(row["id"]))) }
  })

/** Walks the list with the SDK; gives how often each of the thirty came. */
const walk = async (
  bench: Bench,
  limit: number,
  between: () => Promise<void> = async () => undefined
): Promise<Finding> => {
  const { rows, ids } = await thirty(bench)
  const times = rows.map((row) => textAt(row, "createdAt") ?? "").toSorted()
  const counts = new Map<string, number>()
  let looked = 0
  for await (const page of bench.run.aywa.assistants.pages({ limit, createdAtGe: times[0] ?? "" })) {
    for (const { id } of page.items) if (ids.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
    looked += page.items.length
    if (looked > 1000) break
    await between()
  }
  const missed = ids.size - counts.size
  const twice = [...counts.values()].filter((count) => count > 1).length
  return expectThat(
    missed === 0 && twice === 0,
    missed + twice === 0 ? "each of 30 rows once" : `${missed} of 30 rows missed, ${twice} twice`
  )
}

const walking = {
  level: "MUST",
  origin: "compat",
  power: "write",
  consequence: "A walk over a list misses rows, or meets them twice.",
  workaround: "Ask for more rows at once (limit, up to 1000), and narrow the list with filters."
} as const

export const lists = define(
  "lists",
  {
    power: "read",
    consequence: "Lists say other things than were asked for.",
    workaround: "Read the whole list, and filter yourself."
  },
  {
    "shape-assistant": shapeCase("/assistant"),
    "shape-phone-number": shapeCase("/phone-number"),
    "shape-tool": shapeCase("/tool"),
    "shape-call": shapeCase("/call"),
    "shape-credential": shapeCase("/credential"),
    "shape-webhook-endpoint": shapeCase("/webhook-endpoint"),
    "shape-file": shapeCase("/file"),
    "shape-structured-output": shapeCase("/structured-output"),
    "shape-import": shapeCase("/imports"),
    "shape-webhook-log": shapeCase("/logs/webhooks"),
    "created-gt": filterCase("createdAt", "Gt"),
    "created-ge": filterCase("createdAt", "Ge"),
    "created-lt": filterCase("createdAt", "Lt"),
    "created-le": filterCase("createdAt", "Le"),
    "updated-gt": filterCase("updatedAt", "Gt"),
    "updated-ge": filterCase("updatedAt", "Ge"),
    "updated-lt": filterCase("updatedAt", "Lt"),
    "updated-le": filterCase("updatedAt", "Le"),
    limit: {
      level: "MUST",
      origin: "doc",
      title: "limit bounds a page",
      expected: "at most one row for limit=1",
      run: async ({ rows }) => {
        const { length } = await rows("/assistant", { limit: 1 })
        return expectThat(length <= 1, `${length} rows`)
      }
    },
    "limit-zero": {
      level: "MAY",
      origin: "compat",
      title: "limit=0 gives no rows, or is refused",
      expected: "an empty list, or 400",
      run: async ({ send }) => {
        const answer = await send({ path: "/assistant", query: { limit: 0 } })
        const rows = rowsOf(answer.json)
        return expectThat(
          answer.status === 400 || rows?.length === 0,
          rows === undefined ? answerText(answer) : `${rows.length} rows`
        )
      }
    },
    "limit-most": {
      level: "MUST",
      origin: "compat",
      title: "limit=1000 is taken",
      expected: "200",
      consequence: "Lists with many rows of one instant cannot be walked.",
      run: async ({ send }) => expectStatus(await send({ path: "/assistant", query: { limit: 1000 } }), 200)
    },
    "limit-over": {
      level: "SHOULD",
      origin: "compat",
      title: "limit=1001 is refused",
      expected: "400, rather than fewer rows than were asked for",
      run: async ({ send }) => expectStatus(await send({ path: "/assistant", query: { limit: 1001 } }), 400, 422)
    },
    capped: {
      level: "SHOULD",
      origin: "compat",
      title: "a page has as many rows as were asked for",
      expected: "nothing behind a page that is shorter than its limit",
      consequence: "Who reads one page only takes it for the whole list. A walk of the SDK looks behind it.",
      workaround: "Iterate lists, rather than reading one page.",
      run: async ({ send, rows, run }) => {
        const answer = await send({ path: "/assistant", query: { limit: 1000 } })
        const page = rowsOf(answer.json) ?? []
        const last = textAt(page.at(-1), "createdAt")
        const count = page.length
        if (shapeOf(answer.json) !== 1 || count === 0 || count >= 1000 || last === undefined)
          return pass(`${count} rows`)
        const [behind] = await rows("/assistant", { createdAtLt: last, limit: 1 })
        if (behind === undefined) return pass(`${count} rows, and no more`)
        const isOlder = Date.parse(textAt(behind, "createdAt") ?? "") < Date.parse(last)
        // Where filters are ignored nothing tells whether there are more, but a round number.
        if (!isOlder && count % 5 !== 0) return pass(`${count} rows`)
        run.facts.most = count
        return fail(`${count} rows of ${isOlder ? "" : "perhaps "}more, for limit=1000`)
      }
    },
    "unknown-filter": {
      level: "SHOULD",
      origin: "assumed",
      title: "a filter that nobody knows is refused",
      expected: "400 that names it",
      consequence: "A misspelt filter gives all rows. The SDK refuses filters that the contract does not know.",
      run: async ({ send }) => {
        const answer = await send({ path: "/assistant", query: { limit: 1, aywaNoSuchFilter: 1 } })
        return expectThat(answer.status === 400 && answer.text.includes("aywaNoSuchFilter"), answerText(answer))
      }
    },
    "bad-time": {
      level: "SHOULD",
      origin: "compat",
      title: "a time that is none is refused",
      expected: "400",
      run: async ({ send }) =>
        expectStatus(await send({ path: "/assistant", query: { createdAtGt: "yesterday" } }), 400, 422)
    },
    newest: {
      level: "MUST",
      origin: "compat",
      title: "lists are newest first",
      expected: "createdAt never rises from row to row",
      consequence: "Bare arrays cannot be walked to their end.",
      run: async ({ rows }) => {
        const times = (await rows("/assistant", { limit: 100 })).map((row) =>
          Date.parse(textAt(row, "createdAt") ?? "")
        )
        const rises = times.some((time, index) => !(time <= (times[index - 1] ?? Infinity)))
        return expectThat(!rises, rises ? "a newer row comes after an older one" : `${times.length} rows in order`)
      }
    },
    walk: {
      ...walking,
      title: "a walk meets every row once",
      expected: "each of 30 rows once, seven at a time",
      run: (bench) => walk(bench, 7)
    },
    "walk-inserting": {
      ...walking,
      title: "a walk meets every row once while rows come in",
      expected: "each of 30 rows once, while three more are made",
      run: async (bench) => {
        let made = 0
        return walk(bench, 11, async () => {
          if (made++ < 3) await bench.create("/assistant", `insert-${made}`)
        })
      }
    },
    instant: {
      ...walking,
      title: "a walk gets past rows of one instant",
      expected: "each of 30 rows once, ten at a time, where an import gave all of them one createdAt",
      run: async (bench) => {
        const { rows } = await thirty(bench)
        const instants = new Set(rows.map((row) => row["createdAt"])).size
        const finding = await walk(bench, 10)
        return finding.status === "pass" ? pass(`each of 30 rows once, over ${instants} instants`) : finding
      }
    },
    "cursor-foreign": {
      level: "SHOULD",
      origin: "assumed",
      power: "write",
      title: "a cursor belongs to its list",
      expected: "400 for the cursor of another list, where lists have cursors",
      consequence: "A cursor that was mixed up gives other rows instead of an error.",
      run: async (bench) => {
        await bench.once("two tools", async () => [
          await bench.create("/tool", "cursor-a"),
          await bench.create("/tool", "cursor-b")
        ])
        const paths = Object.values(listPaths)
        const found: Array<{ readonly path: string; readonly cursor: string | undefined }> = []
        for (const path of paths) {
          // oxlint-disable-next-line no-await-in-loop -- paced anyway.
          const { json } = await bench.send({ path, query: { limit: 1 } })
          if ([3, 4].includes(shapeOf(json) ?? 0)) found.push({ path, cursor: cursorOf(json) })
        }
        const from = found.find(({ cursor }) => cursor !== undefined)
        const to = found.find(({ path }) => path !== from?.path)
        if (from === undefined || to === undefined) return skip("fewer than two lists have cursors")
        return expectStatus(
          await bench.send({ path: to.path, query: { limit: 1, cursor: from.cursor ?? "" } }),
          400,
          422
        )
      }
    },
    "cursor-nonsense": {
      level: "SHOULD",
      origin: "assumed",
      title: "a cursor that is none is refused",
      expected: "400, rather than the first page again",
      consequence: "A walk with a damaged cursor begins again.",
      run: async ({ send }) =>
        expectStatus(await send({ path: "/logs/webhooks", query: { limit: 1, cursor: "aywa!" } }), 400, 422)
    },
    total: {
      level: "MAY",
      origin: "compat",
      title: "lists by page say how many rows there are",
      expected: "totalItems is not less than the rows of the page, where a list has pages",
      run: async ({ send }) =>
        eachOf(["/structured-output", "/assistant"], async (path) => {
          const { json } = await send({ path, query: { limit: 2 } })
          const metadata = at(json, "metadata")
          const total = at(metadata, "totalItems")
          if (shapeOf(json) !== 2 || !isObject(metadata)) return pass("no list by page")
          return expectThat(
            typeof total === "number" && total >= (rowsOf(json)?.length ?? 0),
            `totalItems is ${String(total)}`
          )
        })
    }
  }
)
