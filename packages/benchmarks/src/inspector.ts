/**
 * What the inspector costs: the bytes of its page, and the processor time of a request while nobody looks, over that of
 * a runtime without it.
 */
import { gzipSync } from "node:zlib"
import { startLocalRuntime } from "@aywa-ai/runtime-local"

/** Bytes of script and style as a browser would get them compressed, in KB. */
export const pageSize = async (): Promise<number> => {
  await using runtime = await startLocalRuntime()
  const files = await Promise.all(
    ["page.js", "page.css"].map(async (file) => (await fetch(`${runtime.baseUrl}/__aywa/${file}`)).text())
  )
  return files.reduce((sum, text) => sum + gzipSync(text).length, 0) / 1000
}

/** Requests of a round, and rounds of each runtime. */
const requests = 150
const rounds = 40

/** Microseconds of this process for a round of requests. */
const round = async (url: string, headers: Readonly<Record<string, string>>): Promise<number> => {
  const begin = process.cpuUsage()
  for (let i = 0; i < requests; i++) {
    // One after the other: what is measured is one request.
    // oxlint-disable-next-line no-await-in-loop
    await (await fetch(url, { headers })).arrayBuffer()
  }
  const { user, system } = process.cpuUsage(begin)
  return user + system
}

/** The low quartile: what a round takes when nothing disturbs it. */
const low = (samples: ReadonlyArray<number>): number =>
  samples.toSorted((a, b) => a - b)[samples.length >> 2] ?? Number.NaN

/** Processor time of a request with the inspector, over that without it; rounds take turns. */
export const unwatchedRatio = async (): Promise<number> => {
  await using on = await startLocalRuntime()
  await using off = await startLocalRuntime({ inspector: false })
  const sides = [on, off].map((runtime) => ({
    url: `${runtime.baseUrl}/assistant?limit=1`,
    headers: { authorization: `Bearer ${runtime.apiKey}` },
    samples: new Array<number>()
  }))
  for (let i = -5; i < rounds; i++) {
    for (const side of i % 2 === 0 ? sides : sides.toReversed()) {
      // oxlint-disable-next-line no-await-in-loop
      const sample = await round(side.url, side.headers)
      if (i >= 0) side.samples.push(sample)
    }
  }
  const [watched, plain] = sides.map(({ samples }) => low(samples))
  return (watched ?? Number.NaN) / (plain ?? Number.NaN)
}
