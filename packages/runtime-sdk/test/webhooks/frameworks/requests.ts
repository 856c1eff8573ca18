/** Requests to a receiver, as bytes say them, and what must come back of any host. */
import { assert } from "vitest"
import { type Agent, request as httpRequest } from "node:http"
import { signAywaRuntimeWebhook } from "../../../src/webhooks.ts"
import type { Attack } from "./attacks.ts"
import { asking } from "./replies.ts"

export interface Sent {
  readonly method?: string
  readonly headers?: ReadonlyArray<readonly [string, string]>
  readonly body?: string | Uint8Array
  readonly agent?: Agent
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** One request: duplicate headers stay two. */
export const send = (port: number, path: string, { method = "POST", headers = [], body = "", agent }: Sent) =>
  new Promise<Answer>((resolve, reject) => {
    const bytes = Buffer.from(body as Uint8Array)
    const request = httpRequest(
      { port, host: "127.0.0.1", path, method, ...(agent === undefined ? {} : { agent }) },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.once("error", reject)
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers["content-type"] ?? "",
            text: Buffer.concat(chunks).toString()
          })
        )
      }
    )
    request.once("error", reject)
    const names = new Map<string, Array<string>>([["content-type", ["application/json"]]])
    for (const [name, value] of headers) names.set(name, [...(names.get(name) ?? []), value])
    for (const [name, values] of names) request.setHeader(name, values.length === 1 ? (values[0] ?? "") : values)
    request.setHeader("content-length", bytes.length)
    request.end(bytes)
  })

/** A well signed event. */
export const eventBy =
  (secret: string) =>
  (type: string, more: object = {}): Sent => {
    const body = JSON.stringify({ message: { type, ...more } })
    return { body, headers: Object.entries(signAywaRuntimeWebhook({ body, secret })) }
  }

type Send = (path: string, sent: Sent) => Promise<Answer>

/** What is answered to each attack. */
export const answersOf = async (attacks: ReadonlyArray<Attack>, send: Send): Promise<ReadonlyArray<unknown>> => {
  const answers: Array<unknown> = []
  for (const [i, attack] of attacks.entries()) {
    const { status, text } = await send(`/attack/${i}`, attack)
    // What to do about a body that is too large depends on the framework.
    const said = status === 413 ? JSON.parse(text).error : text
    answers.push([attack.row, attack.name, status, said])
  }
  return answers
}

/** Every event that asks has its reply at `/replies`, and its fallback at `/failing`. Gives how many were asked. */
export const checkReplies = async (send: Send, event: ReturnType<typeof eventBy>): Promise<number> => {
  const bodies = { good: new Map<string, string>(), bad: new Map<string, string>() }
  for (const [type, more] of Object.entries(asking)) {
    const good = await send("/replies", event(type, more))
    assert.deepStrictEqual(
      [good.status, good.type.split(";")[0]],
      [200, type === "voice-request" ? "audio/pcm" : "application/json"],
      type
    )
    bodies.good.set(type, good.text)
    const bad = await send("/failing", event(type, more))
    assert.strictEqual(bad.status, type === "voice-request" ? 503 : 200, type)
    bodies.bad.set(type, bad.text)
  }
  assert.strictEqual(bodies.good.get("voice-request"), "pcm!")
  assert.strictEqual(bodies.good.get("tool-calls"), '{"results":[{"toolCallId":"1","name":"first","result":"größer"}]}')
  assert.strictEqual(bodies.bad.get("campaign.predial"), '{"eligible":false}')
  assert.strictEqual(bodies.bad.get("transfer-destination-request"), '{"error":"No destination is available."}')
  return bodies.good.size + bodies.bad.size
}

/** Methods of requests that are no delivery. */
export const otherMethods = ["GET", "PUT", "DELETE"] as const

/** Sizes of bodies that a receiver of 1000 bytes refuses: below and above what servers read of a body by themselves. */
export const tooLarge = [1500, 5000, 500_000, 9_000_000] as const

/** A report of 9 MB, signed. */
export const largeReport = (event: ReturnType<typeof eventBy>): Sent =>
  event("end-of-call-report", { endedReason: "large", artifact: { transcript: "x".repeat(9_000_000) }, analysis: {} })
