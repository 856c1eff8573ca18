/** The parts of a run: where requests go, what they may be, and the SDK's client over the same bounds. */
import { randomBytes } from "node:crypto"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import type { Means, Run, Seen } from "../bench/Bench.ts"
import { makeDrifts } from "../bench/drift.ts"
import { jsonOf } from "../model/json.ts"
import { makePace, type Pace } from "../bench/pace.ts"
import { openReceiver, type Receiver } from "../bench/receiver.ts"
import type { Answer, Ask, Target } from "../bench/wire.ts"
import { ConformanceError } from "../errors/ConformanceError.ts"
import type { ConformanceOptions, TargetOptions } from "./options.ts"

/** Eight letters and digits that no other run has. */
const newRun = (): string =>
  BigInt(`0x${randomBytes(8).toString("hex")}`)
    .toString(36)
    .padStart(8, "0")
    .slice(-8)

/** Opens a run. */
export const openRun = async (options: ConformanceOptions): Promise<Run> => {
  const signal = options.signal ?? new AbortController().signal
  const pace = makePace(options.maxRequests ?? 400, options.requestsPerSecond ?? 5)
  const seen: Array<Seen> = []
  const aywa = connect(options, pace, signal, (ask, answer) => seen.push({ ask, answer, together: true }))
  return {
    id: newRun(),
    means: meansOf(options),
    target: targetOf(options),
    pace,
    signal,
    aywa,
    receiver: await receiverOf(options),
    drifts: makeDrifts(),
    touched: new Set(),
    loose: new Set(),
    seen,
    memory: new Map(),
    facts: {},
    silence: 0
  }
}

/** The SDK's client, within the same bounds; it refuses what is wrong with address and key. */
export const connect = (
  options: TargetOptions,
  pace: Pace,
  signal: AbortSignal,
  onExchange: (ask: Ask, answer: Answer) => void = () => undefined
): AywaRuntimeClient => {
  const { baseUrl, apiKey, organizationId, allowInsecure, timeout = 10_000 } = options
  return new AywaRuntimeClient({
    baseUrl,
    apiKey,
    organizationId,
    allowInsecure,
    timeout,
    // What the runtime does is looked for, and not what the SDK makes of it.
    retries: 0,
    fetch: async (url, init) => {
      await pace.take(1, false, signal)
      const response = await fetch(url, init)
      onExchange(askOf(url, init), await answerOf(response.clone()))
      return response
    }
  })
}

const askOf = (url: string, init: RequestInit | undefined): Ask => {
  const { pathname, search } = new URL(url)
  return { method: init?.method ?? "GET", path: `${pathname}${search}` }
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    json: jsonOf(text),
    error: undefined,
    ms: 0,
    reused: true
  }
}

export const targetOf = ({ baseUrl = "", apiKey = "", organizationId, timeout = 10_000 }: TargetOptions): Target => ({
  baseUrl: new URL(baseUrl),
  headers: { "user-agent": "aywa-runtime-conformance" },
  credentials: {
    authorization: `Bearer ${apiKey}`,
    ...(organizationId === undefined || organizationId === "" ? {} : { "x-organization-id": organizationId })
  },
  timeout
})

const meansOf = (options: ConformanceOptions): Means => {
  const { webhookSecret: secret } = options
  return {
    write: options.write === true,
    calls: options.calls === true,
    to: options.to,
    otherKey: options.otherApiKey,
    webhookSecrets: secret === undefined ? [] : typeof secret === "string" ? [secret] : secret,
    waitTtl: options.waitTtl,
    webhookWait: options.webhookWait ?? 90_000,
    organizationId: options.organizationId
  }
}

const receiverOf = async ({
  webhookUrl,
  webhookPort,
  webhookHost = "127.0.0.1"
}: ConformanceOptions): Promise<Receiver | undefined> => {
  if (webhookUrl === undefined) return undefined
  const url = new URL(webhookUrl)
  const port = webhookPort ?? Number(url.port || (url.protocol === "https:" ? 443 : 80))
  // Port 0 is any free one; then the address is that of the receiver itself.
  const open = port === 0 ? openReceiver(undefined, 0, webhookHost) : openReceiver(webhookUrl, port, webhookHost)
  return open.catch((cause: unknown) => {
    throw new ConformanceError(
      "Invalid",
      `Nothing can listen on ${webhookHost}:${port} for webhooks. Give webhookPort.`,
      { cause }
    )
  })
}
