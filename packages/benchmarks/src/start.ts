/** What a process pays before its first answer: importing, and a whole process up to one list. Fresh processes. */
import { execFileSync } from "node:child_process"
import { pathOf } from "./built.ts"
import { low, quantile } from "./rounds.ts"

export interface StartRow {
  readonly name: string
  /** Milliseconds of `import()`. */
  readonly importLow: number
  readonly importMedian: number
  /** Megabytes of resident memory that the import adds. */
  readonly rss: number
  /** Milliseconds from spawning Node to its end, with one list in between; absent for what has no list. */
  readonly listLow: number | undefined
  readonly listMedian: number | undefined
}

interface Subject {
  readonly specifier: string
  /** Statements that make one list, with the module as `m` and the server as `url`. */
  readonly list?: string
}

const effect = (name: string): string => import.meta.resolve(`effect/${name}`)

export const subjects: Readonly<Record<string, Subject>> = {
  fetch: {
    specifier: "data:text/javascript,export default 1",
    list: `await (await fetch(url + "/assistant?limit=20", { headers: { authorization: "Bearer k" } })).json()`
  },
  "undici.request": {
    specifier: import.meta.resolve("undici"),
    list: `await (await m.request(url + "/assistant?limit=20")).body.json()`
  },
  aywa: {
    specifier: pathOf("index.js"),
    list: `await new m.AywaRuntimeClient({ baseUrl: url, apiKey: "k" }).assistants.list({ limit: 20 })`
  },
  "aywa (Effect)": {
    specifier: pathOf("effect.js"),
    list: `
      const Effect = await import(${JSON.stringify(effect("Effect"))})
      await Effect.runPromise(Effect.provide(
        Effect.flatMap(m.Assistants.Assistants, (assistants) => assistants.list({ limit: 20 })),
        m.AywaRuntime.layer({ baseUrl: url, apiKey: "k" })))`
  },
  vapi: {
    specifier: import.meta.resolve("@vapi-ai/server-sdk"),
    list: `await new m.VapiClient({ token: "k", environment: url }).assistants.list({ limit: 20 })`
  },
  stripe: {
    specifier: import.meta.resolve("stripe"),
    list: `
      const { hostname, port } = new URL(url)
      await new m.default("sk_test", { host: hostname, port, protocol: "http", telemetry: false }).customers.list({ limit: 20 })`
  },
  openai: {
    specifier: import.meta.resolve("openai"),
    list: `await new m.default({ apiKey: "k", baseURL: url }).files.list({ limit: 20 })`
  },
  "aywa/webhooks": { specifier: pathOf("webhooks.js") },
  standardwebhooks: { specifier: import.meta.resolve("standardwebhooks") },
  svix: { specifier: import.meta.resolve("svix") }
}

const node = (code: string): string =>
  execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" })

const importOf = ({ specifier }: Subject): { readonly ms: number; readonly rss: number } =>
  JSON.parse(
    node(`
      const rss = process.memoryUsage.rss()
      const began = performance.now()
      await import(${JSON.stringify(specifier)})
      console.log(JSON.stringify({ ms: performance.now() - began, rss: (process.memoryUsage.rss() - rss) / 2 ** 20 }))`)
  )

const listOf = ({ specifier, list }: Subject, baseUrl: string): number => {
  const began = performance.now()
  node(`
    const url = ${JSON.stringify(baseUrl)}
    const m = await import(${JSON.stringify(specifier)})
    ${list}
    process.exit(0)`)
  return performance.now() - began
}

export const start = (baseUrl: string, rounds: number): ReadonlyArray<StartRow> => {
  const entries = Object.entries(subjects)
  const seen = entries.map(() => ({ ms: [] as Array<number>, rss: [] as Array<number>, list: [] as Array<number> }))
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < entries.length; i++) {
      const at = (i + round + 1) % entries.length
      const subject = entries[at]?.[1]
      const into = seen[at]
      if (subject === undefined || into === undefined) continue
      const { ms, rss } = importOf(subject)
      const list = subject.list === undefined ? undefined : listOf(subject, baseUrl)
      if (round < 0) continue
      into.ms.push(ms)
      into.rss.push(rss)
      if (list !== undefined) into.list.push(list)
    }
  }
  return entries.map(([name], i) => {
    const { ms = [], rss = [], list = [] } = seen[i] ?? {}
    return {
      name,
      importLow: low(ms),
      importMedian: quantile(ms, 0.5),
      rss: quantile(rss, 0.5),
      listLow: list.length === 0 ? undefined : low(list),
      listMedian: list.length === 0 ? undefined : quantile(list, 0.5)
    }
  })
}
