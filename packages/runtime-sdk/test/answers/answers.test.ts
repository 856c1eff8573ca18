/** Every answer of the table over every transport: one result each. */
import { inspect, isDeepStrictEqual } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { everyTransport, type Caller } from "../support/everyTransport.ts"
import { serveAnswers, type AnswerServer } from "./server.ts"
import { answers, type Answer } from "./table.ts"

let server: AnswerServer
beforeAll(async () => {
  server = await serveAnswers(answers)
})
afterAll(() => server[Symbol.asyncDispose]())

/** What a call came to, in the words of the table, with whatever else is not as it has to be. */
const resultOf = async (call: Caller, { call: which, ending, expected }: Answer, address: string): Promise<unknown> => {
  try {
    // What stalls has sent its head at once; the others end by themselves.
    const value: unknown = await call(address, which, { retries: 0, timeout: ending === "stall" ? 1_000 : 30_000 })
    return { value: which === "list" ? Object(value).items : value instanceof Uint8Array ? [...value] : value }
  } catch (error) {
    const { _tag, outcome, isRetryable, status, attempts, requestId } = Object(error)
    const requests = server.requestsTo(address)
    return {
      _tag,
      outcome,
      isRetryable,
      ...("status" in expected ? { status } : {}),
      ...(attempts === requests ? {} : { attempts, requests }),
      // A reset takes along what has not been read yet.
      ...(requestId === undefined && ending !== "reset" ? { requestId } : {})
    }
  }
}

const inParallel = async <A>(items: ReadonlyArray<A>, each: (item: A) => Promise<void>): Promise<void> => {
  const rest = [...items]
  const work = async (): Promise<void> => {
    const item = rest.shift()
    if (item === undefined) return
    await each(item)
    await work()
  }
  await Promise.all(Array.from({ length: 16 }, work))
}

describe("answers", () => {
  it("are many, and told apart", () => {
    assert.isAtLeast(answers.length, 150)
    assert.lengthOf(new Set(answers.map(({ name }) => name)), answers.length)
  })
  for (const [user, [transport, call]] of Object.entries(everyTransport).entries()) {
    it(`each is what it is over ${transport}`, async () => {
      const wrong: Array<string> = []
      const show = (value: unknown): string => inspect(value, { depth: 9, breakLength: Infinity })
      const check = async ([index, answer]: readonly [number, Answer]): Promise<void> => {
        const result = await resultOf(call, answer, server.addressOf(index, user))
        if (isDeepStrictEqual(result, answer.expected)) return
        wrong.push(`${answer.name}: ${show(result)} instead of ${show(answer.expected)}`)
      }
      const all = [...answers.entries()]
      // What stalls is bounded by time: it comes last, when the machine has little else to do.
      await inParallel(
        all.filter(([, { ending }]) => ending !== "stall"),
        check
      )
      await inParallel(
        all.filter(([, { ending }]) => ending === "stall"),
        check
      )
      assert.deepStrictEqual(wrong, [])
    }, 60_000)
  }
})
