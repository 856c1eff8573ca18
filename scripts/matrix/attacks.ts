/**
 * The case table of webhooks (66 rows, 651 requests) and the replies, sent to hosts that run the packed SDK in processes of
 * their own. The table is that of the SDK's tests: what a host is given of it is text, the answers must be those of the receiver
 * on Node's own server.
 */
import { assert } from "vitest"
import { type ChildProcess, spawn } from "node:child_process"
import crypto from "node:crypto"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { Agent, createServer } from "node:http"
import { stripTypeScriptTypes, syncBuiltinESMExports } from "node:module"
import type { AddressInfo } from "node:net"
import { isDeepStrictEqual } from "node:util"
import { nodeWebhookHandler } from "../../packages/runtime-sdk/src/webhooks/handlers.ts"
import { generateWebhookSecret } from "../../packages/runtime-sdk/src/webhooks.ts"
import { type Attack, atHome, recordAttacks } from "../../packages/runtime-sdk/test/webhooks/frameworks/attacks.ts"
import * as requests from "../../packages/runtime-sdk/test/webhooks/frameworks/requests.ts"
import { sourceOf } from "../../packages/runtime-sdk/test/webhooks/frameworks/sources.ts"
import { calls } from "../../packages/runtime-sdk/test/webhooks/support/calls.ts"

/** The table, and what hosts are given of it. */
export interface Table {
  readonly secret: string
  readonly attacks: ReadonlyArray<Attack>
  readonly expected: ReadonlyArray<unknown>
  /** `routesOf(secret)`: options of a receiver by path. Beside it stands `replies.mjs`. */
  readonly files: { readonly "routes.mjs": string; readonly "replies.mjs": string }
}

/** The table counts what is asked of node:crypto. */
const countCalls = () => {
  for (const name of ["createHmac", "timingSafeEqual"] as const) {
    const own = crypto[name] as (...args: ReadonlyArray<unknown>) => unknown
    Reflect.set(crypto, name, (...args: ReadonlyArray<unknown>) => {
      calls[name]++
      return own(...args)
    })
  }
  syncBuiltinESMExports()
}

const replies = new URL("../../packages/runtime-sdk/test/webhooks/frameworks/replies.ts", import.meta.url)

const routesOf = (attacks: ReadonlyArray<Attack>) => `
import { WebhookScheme } from "@aywa-ai/runtime-sdk/webhooks/legacy"
import { failing, replies } from "./replies.mjs"
const attacks = [
${attacks.map(({ options }) => `  ${sourceOf(options)}`).join(",\n")}
]
const onError = () => {}
export const routesOf = (secret) => {
  const taking = { hang: () => {}, "end-of-call-report": () => {} }
  return {
    "/replies": { secret, handlers: replies, onError },
    "/failing": { secret, handlers: failing, onError },
    "/reports": { secret, handlers: taking, onError },
    "/small": { secret, handlers: taking, maxBodyBytes: 1000, onError },
    ...Object.fromEntries(attacks.map((options, i) => ["/attack/" + i, { ...options, onError }]))
  }
}
`

/** A client that is still writing when the answer comes may miss it: who refuses a body does not read all of it. */
const sendTo =
  (port: number, prefix = "") =>
  async (path: string, sent: requests.Sent, tries = 5): ReturnType<typeof requests.send> => {
    try {
      return await requests.send(port, prefix + path, sent)
    } catch (error) {
      if (tries === 1) throw error
      return sendTo(port, prefix)(path, sent, tries - 1)
    }
  }

/** The answers of the receiver on Node's own server. */
const expectedOf = async (attacks: ReadonlyArray<Attack>) => {
  const handlers = attacks.map(({ options }) => nodeWebhookHandler({ ...options, onError: () => {} }))
  const server = createServer((request, response) => {
    void handlers[Number(request.url?.split("/").at(-1))]?.(request, response)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const answers = await requests.answersOf(attacks, sendTo((server.address() as AddressInfo).port))
  server.close()
  return answers
}

/** Runs the table here, once, and writes down what hosts need of it. */
export const prepareTable = async (): Promise<Table> => {
  countCalls()
  const attacks = await recordAttacks()
  const rows = new Set(attacks.map(({ row }) => row))
  assert.strictEqual(rows.size + Object.keys(atHome).length, 66)
  console.log(`--  ${attacks.length} requests of ${rows.size} rows; rows that no request can be made of:`)
  for (const [row, reason] of Object.entries(atHome)) console.log(`--    ${row}: ${reason}`)
  return {
    secret: generateWebhookSecret(),
    attacks,
    expected: await expectedOf(attacks),
    files: { "routes.mjs": routesOf(attacks), "replies.mjs": stripTypeScriptTypes(readFileSync(replies, "utf8")) }
  }
}

/** What of an attack does not arrive at a host, and why. It is refused all the same, with another status. */
export interface Lost {
  readonly reason: string
  readonly fits: (attack: Attack) => boolean
}

/** In workerd, where it is called missing, and not wrong. */
export const emptyAuthorization: Lost = {
  reason: "an Authorization header without a value is not handed on",
  fits: ({ headers }) => headers.some(([name, value]) => name === "authorization" && value === "")
}

/** Compares the answers to all attacks; gives how many were another refusal for a reason that is known. */
const checkAnswers = (table: Table, answers: ReadonlyArray<unknown>, lost: Lost | undefined): number => {
  const others = table.attacks.flatMap((attack, i) => {
    const [answer, expected] = [answers[i], table.expected[i]]
    return isDeepStrictEqual(answer, expected) ? [] : [{ attack, answer, expected }]
  })
  const known = others.filter(({ attack }) => lost?.fits(attack) === true)
  const unknown = others.filter((one) => !known.includes(one))
  assert.deepStrictEqual(
    unknown.map(({ answer }) => answer),
    unknown.map(({ expected }) => expected)
  )
  for (const { answer, expected } of known) {
    for (const one of [answer, expected]) assert.include([400, 401], (one as ReadonlyArray<unknown>)[2])
  }
  // A reason that is none any more is not kept.
  assert.strictEqual(lost === undefined, known.length === 0)
  return known.length
}

/** Sends all of it to a host, whose routes are below a prefix. */
export const checkHost = async (
  table: Table,
  { host, port, prefix = "", lost }: { host: string; port: number; prefix?: string; lost?: Lost }
): Promise<void> => {
  const send = sendTo(port, prefix)
  const event = requests.eventBy(table.secret)
  const others = checkAnswers(table, await requests.answersOf(table.attacks, send), lost)
  const replied = await requests.checkReplies(send, event)
  for (const method of requests.otherMethods) {
    assert.strictEqual((await send("/replies", { method })).status, 405, method)
  }
  assert.strictEqual((await send("/reports", requests.largeReport(event))).status, 200)
  // One connection at a time, kept where the server keeps it.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (const size of requests.tooLarge) {
    const large = await send("/small", { ...event("hang", { x: "x".repeat(size) }), agent })
    assert.strictEqual(large.status, 413, String(size))
    assert.include(large.text, "BodyTooLarge")
    for (let i = 0; i < 3; i++) {
      assert.strictEqual((await send("/small", { ...event("hang"), agent })).status, 200, String(size))
    }
  }
  agent.destroy()
  console.log(
    `--  ${host}: ${table.attacks.length - others} attacks and ${replied} replies answered as by the receiver itself`
  )
  if (lost !== undefined) console.log(`--    ${others} refused with another status: ${lost.reason}`)
}

/** A server in a process of its own, which says its address and ends when its input does. */
export const withServer = async (
  [command, ...args]: readonly [string, ...ReadonlyArray<string>],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  use: (port: number) => Promise<void>
): Promise<void> => {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } })
  const output: Array<string> = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => output.push(text))
  try {
    await use(await portOf(child, output))
  } catch (error) {
    throw new Error(output.join(""), { cause: error })
  } finally {
    child.stdin.end()
    child.kill()
  }
}

const portOf = (child: ChildProcess, output: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", () => reject(new Error("It ended before it listened")))
    child.stdout?.on("data", () => {
      const text = output.join("")
      const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)
      // Next says its address before it is ready.
      if (address !== null && /ready/i.test(text)) resolve(Number(address[1]))
    })
  })
