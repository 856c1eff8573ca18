/**
 * What the inspector costs: the bytes of its page, and the processor time of a request while nobody looks, over that of
 * a runtime without it.
 */
import { gzipSync } from "node:zlib"
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"

/** Bytes of script and style as a browser would get them compressed, in KB. */
export const pageSize = async (): Promise<number> => {
  await using runtime = await startLocalRuntime()
  const files = await Promise.all(
    ["page.js", "page.css"].map(async (file) => (await fetch(`${runtime.baseUrl}/__aywa/${file}`)).text())
  )
  return files.reduce((sum, text) => sum + gzipSync(text).length, 0) / 1000
}

/** Requests of a round, half of them creates; pairs of rounds. Small rounds in turns: what disturbs one disturbs both. */
const requests = 20
const pairs = 400

/** Processor time of a request on one side over that on the other. */
export interface Ratio {
  readonly median: number
  /** What the ratio is at least, and at most, with 95 % certainty. */
  readonly atLeast: number
  readonly atMost: number
}

interface Side {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const sideOf = (runtime: LocalRuntimeHandle): Side => ({
  url: `${runtime.baseUrl}/assistant`,
  headers: { authorization: `Bearer ${runtime.apiKey}`, "content-type": "application/json" }
})

/** Microseconds of this process for a round of requests. */
const round = async ({ url, headers }: Side): Promise<number> => {
  const begin = process.cpuUsage()
  for (let i = 0; i < requests; i += 2) {
    // One after the other: what is measured is one request.
    // oxlint-disable-next-line no-await-in-loop
    await (await fetch(url, { method: "POST", headers, body: '{"name":"Desk","firstMessage":"Hello"}' })).arrayBuffer()
    // oxlint-disable-next-line no-await-in-loop
    await (await fetch(`${url}?limit=10`, { headers })).arrayBuffer()
  }
  const { user, system } = process.cpuUsage(begin)
  return user + system
}

/** The ratios of pairs of rounds, which side is first taking turns; their median, and between which it lies. */
const compare = async (one: Side, other: Side): Promise<Ratio> => {
  const ratios: Array<number> = []
  for (let i = -40; i < pairs; i++) {
    const isFirst = i % 2 === 0
    // oxlint-disable-next-line no-await-in-loop
    const first = await round(isFirst ? one : other)
    // oxlint-disable-next-line no-await-in-loop
    const second = await round(isFirst ? other : one)
    if (i >= 0) ratios.push(isFirst ? first / second : second / first)
  }
  ratios.sort((a, b) => a - b)
  const at = (index: number) => ratios[Math.max(0, Math.min(pairs - 1, Math.round(index)))] ?? Number.NaN
  // Order statistics: whatever the noise looks like, the median is between these in 95 of 100 measurements.
  const reach = 0.98 * Math.sqrt(pairs)
  return { median: at(pairs / 2), atLeast: at(pairs / 2 - reach), atMost: at(pairs / 2 + reach) }
}

/** Processor time of a request with the inspector, that nobody watches, over that without it. */
export const unwatchedRatio = async (): Promise<Ratio> => {
  await using on = await startLocalRuntime()
  await using off = await startLocalRuntime({ inspector: false })
  // The runtimes are there until it is over.
  return await compare(sideOf(on), sideOf(off))
}

/** The same while somebody watches: that costs something, and a measurement that does not see it sees nothing. */
export const watchedRatio = async (): Promise<Ratio> => {
  await using on = await startLocalRuntime()
  await using off = await startLocalRuntime({ inspector: false })
  const gone = new AbortController()
  const headers = { authorization: `Bearer ${on.controlToken}` }
  const stream = await fetch(`${on.baseUrl}/__aywa/stream`, { headers, signal: gone.signal })
  void stream.body?.pipeTo(new WritableStream()).catch(() => {})
  try {
    return await compare(sideOf(on), sideOf(off))
  } finally {
    gone.abort()
  }
}
