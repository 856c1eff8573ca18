/** Secrets go in, and never come out. */
import type { Bench, Row } from "../bench/Bench.ts"
import { type Answer, answerText, isSuccess } from "../bench/wire.ts"
import { type Finding, unclear } from "../model/Case.ts"
import { at, type Json } from "../model/json.ts"
import { define, expectThat } from "./define.ts"

/** A secret that stands nowhere else. */
const canary = ({ run }: Bench): string => `canary-${run.id}-b71e5d`

const plan = (bench: Bench): Json => ({
  type: "bearer",
  token: canary(bench),
  headerName: `x-aywa-conformance-${bench.run.id}`
})

const credential = (bench: Bench): Promise<Row> =>
  bench.once("canary", () => bench.create("/credential", "canary", { authenticationPlan: plan(bench) }))

const hidden = (bench: Bench, answer: Answer): Finding => {
  const isShown = `${answer.text}${JSON.stringify(answer.headers)}`.includes(canary(bench))
  return expectThat(!isShown, isShown ? "the secret stands in the answer" : `not shown, ${answerText(answer)}`)
}

const hiddenIn = async (bench: Bench, answer: Answer): Promise<Finding> =>
  isSuccess(answer) ? hidden(bench, answer) : unclear(answerText(answer))

export const credentials = define(
  "credentials",
  {
    power: "write",
    consequence: "Whoever has a key of the organization reads the secrets of its carriers and providers.",
    workaround: "Give keys to nobody who may not know these secrets."
  },
  {
    create: {
      level: "MUST",
      origin: "doc",
      title: "the answer to a create has no secret",
      expected: "no secret, or a mask",
      run: async (bench) => hidden(bench, (await credential(bench)).answer)
    },
    get: {
      level: "MUST",
      origin: "doc",
      title: "a credential that is read has no secret",
      expected: "no secret, or a mask",
      run: async (bench) => {
        const { id } = await credential(bench)
        return hiddenIn(bench, await bench.send({ path: `/credential/${id}` }))
      }
    },
    list: {
      level: "MUST",
      origin: "doc",
      title: "a list of credentials has no secret",
      expected: "no secret, or a mask",
      run: async (bench) => {
        await credential(bench)
        return hiddenIn(bench, await bench.send({ path: "/credential", query: { limit: 100 } }))
      }
    },
    change: {
      level: "MUST",
      origin: "doc",
      title: "the answer to a change has no secret",
      expected: "no secret, or a mask, also of a new one",
      run: async (bench) => {
        const { id } = await credential(bench)
        const body = { authenticationPlan: plan(bench) }
        return hiddenIn(bench, await bench.send({ method: "PATCH", path: `/credential/${id}`, body }))
      }
    },
    error: {
      level: "MUST",
      origin: "assumed",
      title: "an error does not repeat the secret",
      expected: "no secret in what a wrong credential is answered",
      consequence: "Secrets end up in logs of whoever logs errors. The SDK takes them out of its own errors.",
      run: async (bench) => {
        const body = bench.body("/credential", "error", { provider: 7, authenticationPlan: plan(bench) })
        const answer = await bench.send({ method: "POST", path: "/credential", body })
        return hidden(bench, answer)
      }
    },
    "write-back": {
      level: "SHOULD",
      origin: "assumed",
      title: "what was read can be written back",
      expected: "200 for the plan as it was read, and still no secret in the row",
      consequence: "A credential that is written back as it was read loses its secret. The SDK leaves masks out.",
      run: async (bench) => {
        const { id } = await bench.create("/credential", "back", { authenticationPlan: plan(bench) })
        const path = `/credential/${id}`
        const read = at((await bench.send({ path })).json, "authenticationPlan")
        const answer = await bench.send({ method: "PATCH", path, body: { authenticationPlan: read } })
        return isSuccess(answer) ? hidden(bench, answer) : expectThat(false, answerText(answer))
      }
    }
  }
)
