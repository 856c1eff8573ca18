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
    const value: unknown = await call(address, which, { retries: 0, timeout: ending === "stall" ? 3_000 : 30_000 })
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

const show = (value: unknown): string => inspect(value, { depth: 9, breakLength: Infinity })

/** What an answer comes to, where that is not what the table says. */
const wrongOf = async (
  transport: string,
  call: Caller,
  user: number,
  index: number,
  answer: Answer
): Promise<ReadonlyArray<string>> => {
  const result = await resultOf(call, answer, server.addressOf(index, user))
  if (isDeepStrictEqual(result, answer.expected)) return []
  // The platform's fetch gives up a 421 whose body is still on its way, to send the request again, and then fails itself.
  const isFetch = /fetch/i.test(transport)
  if (isFetch && answer.status === 421 && Reflect.get(Object(result), "_tag") === "ConnectionError") return []
  return [`${answer.name}: ${show(result)} instead of ${show(answer.expected)}`]
}

const entries = [...answers.entries()]
const [endless, ending] = [true, false].map((stalls) =>
  entries.filter(([, answer]) => (answer.ending === "stall") === stalls)
)

describe("answers", () => {
  it("are many, and told apart", () => {
    assert.isAtLeast(answers.length, 150)
    assert.lengthOf(new Set(answers.map(({ name }) => name)), answers.length)
  })

  for (const [user, [transport, call]] of Object.entries(everyTransport).entries()) {
    it(`each is what it is over ${transport}`, async () => {
      const wrong: Array<string> = []
      const rest = [...(ending ?? [])]
      const work = async (): Promise<void> => {
        const next = rest.shift()
        if (next === undefined) return
        wrong.push(...(await wrongOf(transport, call, user, ...next)))
        await work()
      }
      await Promise.all(Array.from({ length: 16 }, work))
      assert.deepStrictEqual(wrong, [])
    }, 60_000)
  }

  // Each waits for its time to be up: all of them at once.
  it("those that never end are what they are over every transport", async () => {
    const wrong = await Promise.all(
      Object.entries(everyTransport).flatMap(([transport, call], user) =>
        (endless ?? []).map(async (entry) =>
          (await wrongOf(transport, call, user, ...entry)).map((text) => `${transport}, ${text}`)
        )
      )
    )
    assert.deepStrictEqual(wrong.flat(), [])
  }, 60_000)
})
