/** Idempotency keys: what retries of creates stand on. */
import type { Bench } from "../bench/Bench.ts"
import { nameOf } from "../bench/marks.ts"
import { type Answer, answerText, isSuccess } from "../bench/wire.ts"
import { fail, type Finding, pass, skip, unclear } from "../model/Case.ts"
import { type Json, textAt } from "../model/json.ts"
import { define, eachOf, expectStatus, expectThat } from "./define.ts"

const post = (key: string, body: Json | string, path = "/assistant") => ({
  method: "POST",
  path,
  headers: { "idempotency-key": key },
  ...(typeof body === "string" ? { text: body } : { body })
})

const idOf = ({ json }: Answer): string | undefined => textAt(json, "id")

/** How many rows there are of a name. */
const countNamed = async ({ rows, run }: Bench, label: string): Promise<number> =>
  (await rows("/assistant", { limit: 100 })).filter((row) => row["name"] === nameOf(run.id, label)).length

/** The first create of a key; the case ends where there is none. */
const firstOf = async ({ send, key, body }: Bench, label: string): Promise<Answer> => {
  const answer = await send(post(key(label), body("/assistant", label)))
  return isSuccess(answer) && idOf(answer) !== undefined
    ? answer
    : unclear(`a create with a key gets ${answerText(answer)}`)
}

const sameRow = (one: Answer, two: Answer): Finding => {
  if (!isSuccess(two)) return fail(`the second time ${answerText(two)}`)
  return expectThat(idOf(one) === idOf(two), idOf(one) === idOf(two) ? "the same row" : "a second row")
}

/** Again after a 409 that says that the first one is still running. */
const settled = async ({ send, pause }: Bench, ask: ReturnType<typeof post>): Promise<Answer> => {
  for (let attempt = 0; attempt < 10; attempt++) {
    // oxlint-disable-next-line no-await-in-loop -- it waits for the first one.
    const answer = await send(ask)
    if (answer.status !== 409) return answer
    // oxlint-disable-next-line no-await-in-loop -- as above.
    await pause(200)
  }
  return unclear("the first request with the key never ends")
}

export const idempotency = define(
  "idempotency",
  {
    power: "write",
    consequence: "A create that is repeated after a lost answer makes a second row.",
    workaround: "Save a profile and give it to the client: it then repeats no create that may have taken effect."
  },
  {
    "same-key": {
      level: "MUST",
      origin: "doc",
      title: "the same key makes one row",
      expected: "the first answer again for the same key and body",
      run: async (bench) => {
        const first = await firstOf(bench, "same")
        return sameRow(first, await bench.send(post(bench.key("same"), bench.body("/assistant", "same"))))
      }
    },
    "same-status": {
      level: "SHOULD",
      origin: "assumed",
      title: "the answer that comes again has the same status",
      expected: "201 again",
      consequence: "None for the SDK.",
      workaround: "None is needed.",
      run: async (bench) => {
        const first = await firstOf(bench, "status")
        return expectStatus(
          await bench.send(post(bench.key("status"), bench.body("/assistant", "status"))),
          first.status
        )
      }
    },
    replayed: {
      level: "SHOULD",
      origin: "assumed",
      title: "an answer that comes again says so",
      expected: "Idempotency-Replayed: true, the second time only",
      consequence: "withResponse().response.replayed is always false.",
      workaround: "None is needed: the row is the same.",
      run: async (bench) => {
        const first = await firstOf(bench, "replayed")
        const second = await bench.send(post(bench.key("replayed"), bench.body("/assistant", "replayed")))
        const [before, after] = [first.headers["idempotency-replayed"], second.headers["idempotency-replayed"]]
        return expectThat(
          before === undefined && after === "true",
          `${before ?? "nothing"}, then ${after ?? "nothing"}`
        )
      }
    },
    "replay-request-id": {
      level: "MAY",
      origin: "assumed",
      title: "an answer that comes again has a request id of its own",
      expected: "another X-Request-Id",
      consequence: "Two requests share a line in the runtime's log.",
      run: async (bench) => {
        const first = await firstOf(bench, "request-id")
        const second = await bench.send(post(bench.key("request-id"), bench.body("/assistant", "request-id")))
        const [one, two] = [first.headers["x-request-id"], second.headers["x-request-id"]]
        return expectThat(
          two !== undefined && one !== two,
          two === undefined ? "none" : one === two ? "the same" : "another one"
        )
      }
    },
    "key-order": {
      level: "SHOULD",
      origin: "assumed",
      title: "the order of fields does not count",
      expected: "the first answer again for the same fields in another order",
      consequence: "A repeat from another process may be refused with 422.",
      run: async (bench) => {
        const first = await firstOf(bench, "order")
        const turned = Object.fromEntries(Object.entries(bench.body("/assistant", "order")).toReversed())
        return sameRow(first, await bench.send(post(bench.key("order"), JSON.stringify(turned, null, 1))))
      }
    },
    "other-body": {
      level: "MUST",
      origin: "assumed",
      title: "the same key with another body is refused",
      expected: "422 with the code idempotency_key_reused",
      consequence: "A key that is used for two things by mistake gives the first one's row, and nobody notices.",
      workaround: "Make keys of what they stand for, such as an order's id and the operation.",
      run: async (bench) => {
        await firstOf(bench, "other")
        const answer = await bench.send(
          post(bench.key("other"), bench.body("/assistant", "other", { firstMessage: "Other." }))
        )
        return expectThat(
          answer.status === 422 && textAt(answer.json, "code") === "idempotency_key_reused",
          answerText(answer)
        )
      }
    },
    "at-once": {
      level: "MUST",
      origin: "doc",
      title: "20 requests with one key at once make one row",
      expected: "one row, whatever each is answered",
      run: async (bench) => {
        const ask = post(bench.key("at-once"), bench.body("/assistant", "at-once"))
        await bench.together(Array.from({ length: 20 }, () => ask))
        await settled(bench, ask)
        const count = await countNamed(bench, "at-once")
        return expectThat(count === 1, `${count} rows`)
      }
    },
    "in-flight": {
      level: "SHOULD",
      origin: "assumed",
      title: "a request whose twin still runs is told to wait",
      expected: "the row, or 409 idempotency_key_in_use with Retry-After",
      consequence: "The SDK does not know that it may try again, and fails.",
      run: async (bench) => {
        const ask = post(bench.key("twins"), bench.body("/assistant", "twins"))
        const answers = await bench.together(Array.from({ length: 4 }, () => ask))
        await settled(bench, ask)
        return eachOf(answers, async (answer) => {
          if (isSuccess(answer)) return pass("the row")
          const isTold =
            answer.status === 409 &&
            textAt(answer.json, "code") === "idempotency_key_in_use" &&
            answer.headers["retry-after"] !== undefined
          return expectThat(
            isTold,
            `${answerText(answer)}${answer.headers["retry-after"] === undefined ? ", no Retry-After" : ""}`
          )
        })
      }
    },
    "lost-answer": {
      level: "MUST",
      origin: "doc",
      title: "a create whose answer was lost is done once",
      expected: "one row after the connection was ended, and the create repeated",
      run: async (bench) => {
        const ask = post(bench.key("lost"), bench.body("/assistant", "lost"))
        await bench.send({ ...ask, lost: true }, { mayBeLost: true })
        await bench.pause(150)
        const answer = await settled(bench, ask)
        if (!isSuccess(answer)) return fail(`the repeat gets ${answerText(answer)}`)
        const count = await countNamed(bench, "lost")
        return expectThat(count === 1, `${count} rows`)
      }
    },
    "per-path": {
      level: "SHOULD",
      origin: "assumed",
      title: "a key counts for its path",
      expected: "a tool and an assistant of one key",
      consequence: "A key that is used on two routes is refused, or gives the other row.",
      workaround: "Put the operation into the key.",
      run: async (bench) => {
        await firstOf(bench, "path")
        const answer = await bench.send(post(bench.key("path"), bench.body("/tool", "path"), "/tool"))
        return expectThat(answer.status === 201 && textAt(answer.json, "type") === "function", answerText(answer))
      }
    },
    "per-organization": {
      level: "MUST",
      origin: "assumed",
      title: "a key counts for its organization",
      expected: "another row, or a refusal, for the key in another organization",
      consequence: "One organization reads rows of another one by guessing keys.",
      run: async (bench) => {
        const other = bench.otherKey()
        const first = await firstOf(bench, "organization")
        const ask = post(bench.key("organization"), bench.body("/assistant", "organization"))
        const headers = { ...ask.headers, authorization: `Bearer ${other}`, "x-organization-id": "" }
        const answer = await bench.send({ ...ask, headers }, { mayBeRefused: true })
        const id = idOf(answer)
        // That row is out of reach for the run's own key, so it goes at once.
        if (id !== undefined && id !== idOf(first))
          await bench.send({ method: "DELETE", path: `/assistant/${id}`, headers }, { mayBeRefused: true })
        return expectThat(
          id !== idOf(first),
          id === idOf(first) ? "the row of the other organization" : answerText(answer)
        )
      }
    },
    "longest-key": {
      level: "MUST",
      origin: "assumed",
      title: "a key of 255 characters is taken",
      expected: "201",
      consequence: "Keys that the SDK lets through are refused.",
      run: async ({ send, key, body }) =>
        expectStatus(await send(post(key("longest").padEnd(255, "x"), body("/assistant", "longest"))), 201)
    },
    "too-long-key": {
      level: "SHOULD",
      origin: "assumed",
      title: "a key of 256 characters is refused",
      expected: "400, rather than a key that is cut",
      consequence: "Two keys that begin alike may be one. The SDK refuses such keys.",
      run: async ({ send, key, body }) =>
        expectStatus(await send(post(key("too-long").padEnd(256, "x"), body("/assistant", "too-long"))), 400, 422)
    },
    "bad-key": {
      level: "SHOULD",
      origin: "assumed",
      title: "a key with a space is refused",
      expected: "400",
      consequence: "Keys may be cut at a space. The SDK refuses such keys.",
      run: async ({ send, key, body }) =>
        expectStatus(await send(post(`${key("bad")} key`, body("/assistant", "bad"))), 400, 422)
    },
    "quoted-key": {
      level: "MAY",
      origin: "assumed",
      title: "a key in quotes is the key",
      expected: "the first answer again",
      consequence: "Clients that write keys as the draft does make a second row.",
      workaround: "Let all of them write the key without quotes.",
      run: async (bench) => {
        const first = await firstOf(bench, "quoted")
        return sameRow(first, await bench.send(post(`"${bench.key("quoted")}"`, bench.body("/assistant", "quoted"))))
      }
    },
    "after-refusal": {
      level: "SHOULD",
      origin: "assumed",
      title: "a key is free again after a refusal",
      expected: "201 for the corrected body with the key of one that was refused with 400",
      consequence: "A create that was refused for its body cannot be repeated with its key.",
      workaround: "Take another key after InvalidRequest.",
      run: async (bench) => {
        const refused = await bench.send(
          post(bench.key("refused"), bench.body("/assistant", "refused", { firstMessage: 7 }))
        )
        if (![400, 422].includes(refused.status)) return unclear(`a wrong body gets ${answerText(refused)}`)
        return expectStatus(await bench.send(post(bench.key("refused"), bench.body("/assistant", "refused"))), 201)
      }
    },
    ttl: {
      level: "SHOULD",
      origin: "assumed",
      title: "a key is forgotten after its time",
      expected: "a second row after the time that --wait-ttl says",
      consequence: "How long a create may be repeated is not known; the SDK counts on 24 hours.",
      run: async (bench) => {
        const { waitTtl } = bench.means
        if (waitTtl === undefined) return skip("only with --wait-ttl")
        const first = await firstOf(bench, "ttl")
        await bench.pause(waitTtl)
        const second = await bench.send(post(bench.key("ttl"), bench.body("/assistant", "ttl")))
        return expectThat(
          isSuccess(second) && idOf(first) !== idOf(second),
          idOf(first) === idOf(second) ? "still the first row" : answerText(second)
        )
      }
    }
  }
)
