/** Calls: their views, control, and their end. */
import type { Bench, Row } from "../bench/Bench.ts"
import { answerText, isSuccess } from "../bench/wire.ts"
import { type Finding, pass, skip, skipped } from "../model/Case.ts"
import { at, isObject, type Json, rowsOf, textAt } from "../model/json.ts"
import { define, expectStatus, expectThat } from "./define.ts"

/** A call to look at: the newest that has ended, else the newest, else one of the run's own. */
const someCall = async (bench: Bench): Promise<Json> => {
  const calls = await bench.once("calls", () => bench.rows("/call", { limit: 20 }))
  const call = calls.find((one) => one["status"] === "ended") ?? calls[0]
  if (call !== undefined) return call
  return bench.means.calls ? (await ownCall(bench)).row : skipped("there is no call to look at, and none may be placed")
}

/** A web call: nobody is called. */
const ownCall = (bench: Bench): Promise<Row> => bench.once("web call", () => bench.create("/call", "call"))

const end = async ({ send }: Bench, id: string) =>
  send({ method: "POST", path: `/call/${id}/control`, body: { type: "end-call" } })

/** A call of the run that is over. */
const endedCall = (bench: Bench): Promise<Json> =>
  bench.once("ended call", async () => {
    const { id } = await bench.create("/call", "ended")
    await end(bench, id)
    const call = await bench.run.aywa.calls.waitUntilEnded(id, { deadline: 20_000, pollEvery: 250, maxPollEvery: 1000 })
    return call
  })

const view = async (bench: Bench, name: string, holds: (json: unknown) => boolean): Promise<Finding> => {
  const { id } = await someCall(bench)
  const answer = await bench.send({ path: `/call/${String(id)}/${name}` })
  return expectThat(answer.status === 200 && holds(answer.json), answerText(answer))
}

const viewed = {
  level: "SHOULD",
  origin: "doc",
  consequence: "The SDK's view of it fails.",
  workaround: "Look at the call itself."
} as const

export const calls = define(
  "calls",
  {
    power: "read",
    consequence: "Calls cannot be followed or controlled through the SDK.",
    workaround: "Follow calls by webhooks."
  },
  {
    get: {
      level: "MUST",
      origin: "doc",
      title: "a call is read",
      expected: "200 with the call as the list has it",
      run: async (bench) => {
        const call = await someCall(bench)
        const answer = await bench.send({ path: `/call/${String(call["id"])}` })
        return expectThat(answer.status === 200 && at(answer.json, "id") === call["id"], answerText(answer))
      }
    },
    timeline: {
      ...viewed,
      title: "a call has a timeline",
      expected: "a list",
      run: (bench) => view(bench, "timeline", (json) => rowsOf(json) !== undefined)
    },
    logs: {
      ...viewed,
      title: "a call has logs",
      expected: "a list",
      run: (bench) => view(bench, "logs", (json) => rowsOf(json) !== undefined)
    },
    costs: {
      ...viewed,
      title: "a call has costs",
      expected: "an object",
      run: (bench) => view(bench, "costs", isObject)
    },
    "voice-pipeline": {
      ...viewed,
      title: "a call has a voice pipeline",
      expected: "an object",
      run: (bench) => view(bench, "voice-pipeline", isObject)
    },
    web: {
      level: "MUST",
      origin: "doc",
      power: "calls",
      title: "a web call is placed",
      expected: "201 with an id, a type and a status",
      run: async (bench) => {
        const { answer } = await ownCall(bench)
        const isWhole = textAt(answer.json, "status") !== undefined && textAt(answer.json, "type") !== undefined
        return expectThat(answer.status === 201 && isWhole, isWhole ? answerText(answer) : "no status, or no type")
      }
    },
    phone: {
      level: "SHOULD",
      origin: "doc",
      power: "calls",
      title: "a phone call is placed",
      expected: "201 with an id; only with --to",
      run: async (bench) => {
        const { to } = bench.means
        if (to === undefined) return skip("only with --to, a number of yours")
        const [number] = await bench.rows("/phone-number", { limit: 1 })
        const fields = { customer: { number: to }, ...(number === undefined ? {} : { phoneNumberId: number["id"] }) }
        const answer = await bench.send({
          method: "POST",
          path: "/call/phone",
          body: bench.body("/call", "phone", fields)
        })
        const id = textAt(answer.json, "id")
        if (id !== undefined) await end(bench, id)
        return expectThat(answer.status === 201 && id !== undefined, answerText(answer))
      }
    },
    control: {
      level: "MUST",
      origin: "doc",
      power: "calls",
      title: "a call is ended by control",
      expected: "200 for end-call, and the call ends; 409 where it had ended by itself",
      run: async (bench) => {
        const { id } = await bench.create("/call", "control")
        const answer = await end(bench, id)
        if (answer.status === 409) return pass("it had ended by itself")
        if (!isSuccess(answer)) return expectThat(false, answerText(answer))
        const { status } = await bench.run.aywa.calls.waitUntilEnded(id, {
          deadline: 20_000,
          pollEvery: 250,
          maxPollEvery: 1000
        })
        return expectThat(status === "ended", String(status))
      }
    },
    wait: {
      level: "MUST",
      origin: "compat",
      power: "calls",
      title: "a call that has ended says so",
      expected: "status ended, with endedReason",
      consequence: "waitUntilEnded waits until its deadline.",
      run: async (bench) => {
        const call = await endedCall(bench)
        const reason = textAt(call, "endedReason")
        return expectThat(
          call["status"] === "ended" && reason !== undefined,
          `${String(call["status"])}, ${reason === undefined ? "no reason" : "with a reason"}`
        )
      }
    },
    "control-ended": {
      level: "SHOULD",
      origin: "compat",
      power: "calls",
      title: "a call that has ended cannot be controlled",
      expected: "409 with a machine code",
      consequence: "A control that came too late looks as if it had worked.",
      run: async (bench) => {
        const call = await endedCall(bench)
        const answer = await end(bench, String(call["id"]))
        return expectThat(answer.status === 409 && textAt(answer.json, "code") !== undefined, answerText(answer))
      }
    },
    delete: {
      level: "SHOULD",
      origin: "doc",
      power: "calls",
      title: "a call is removed",
      expected: "200 or 204, then 404",
      consequence: "What was said in calls cannot be removed.",
      run: async (bench) => {
        const { id } = await bench.create("/call", "delete")
        await end(bench, id)
        const answer = await bench.send({ method: "DELETE", path: `/call/${id}` })
        if (!isSuccess(answer)) return expectThat(false, answerText(answer))
        return expectStatus(await bench.send({ path: `/call/${id}` }), 404)
      }
    }
  }
)
