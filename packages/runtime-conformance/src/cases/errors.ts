/** What errors say, and whether a program can read it. */
import type { Bench } from "../bench/Bench.ts"
import { answerText } from "../bench/wire.ts"
import { pass } from "../model/Case.ts"
import { at, isObject, textAt } from "../model/json.ts"
import { define, eachOf, expectStatus, expectThat } from "./define.ts"

const missing = { path: "/assistant/aywa-none" } as const
const invalid = { path: "/assistant", query: { limit: "many" } } as const

/** Errors of three kinds. */
const some = async ({ send }: Bench) => [
  await send(missing),
  await send(invalid),
  await send({ path: "/assistant", anonymous: true })
]

export const errors = define(
  "errors",
  {
    power: "read",
    consequence: "Errors of the SDK say less, or another class is chosen for them.",
    workaround: "Go by the error's class, which follows from the status, and not by its text."
  },
  {
    body: {
      level: "MUST",
      origin: "compat",
      title: "errors are JSON with a message",
      expected: "message as text or a list of texts, on 400, 401 and 404",
      run: async (bench) =>
        eachOf(await some(bench), async (answer) => {
          const message = at(answer.json, "message")
          const isMessage =
            typeof message === "string" || (Array.isArray(message) && message.every((one) => typeof one === "string"))
          return expectThat(
            answer.status >= 400 && isMessage,
            `${answerText(answer)}${isMessage ? "" : ", no message"}`
          )
        })
    },
    "status-code": {
      level: "MAY",
      origin: "compat",
      title: "the body says its status",
      expected: "statusCode, where it is there, is the status",
      run: async (bench) =>
        eachOf(await some(bench), async ({ status, json }) => {
          const said = at(json, "statusCode")
          return expectThat(said === undefined || said === status, `status ${status}, statusCode ${String(said)}`)
        })
    },
    "request-id": {
      level: "SHOULD",
      origin: "assumed",
      title: "the body says the request id of the header",
      expected: "requestId is X-Request-Id, where both are there",
      run: async (bench) =>
        eachOf(await some(bench), async ({ headers, json }) => {
          const [said, header] = [textAt(json, "requestId"), headers["x-request-id"]]
          return expectThat(
            said === undefined || header === undefined || said === header,
            said === header ? "the same" : "another one"
          )
        })
    },
    "bad-request": {
      level: "MUST",
      origin: "compat",
      title: "a wrong parameter is 400",
      expected: "400 that names the parameter",
      run: async ({ send }) => {
        const answer = await send(invalid)
        return expectThat(answer.status === 400 && JSON.stringify(answer.json).includes("limit"), answerText(answer))
      }
    },
    "not-found": {
      level: "MUST",
      origin: "compat",
      title: "a row that is not there is 404",
      expected: "404 on assistants, tools and calls",
      consequence: "NotFound is not told apart, and deletes whose answer was lost fail.",
      run: async ({ send }) =>
        eachOf(["/assistant", "/tool", "/call"], async (path) =>
          expectStatus(await send({ path: `${path}/00000000-0000-4000-8000-00000000a17a` }), 404)
        )
    },
    "no-html": {
      level: "SHOULD",
      origin: "assumed",
      title: "errors are the runtime's own",
      expected: "no page of HTML on 400, 401 and 404",
      consequence: "The proxy before the runtime answers in its place, and hides what is wrong.",
      workaround: "Let the proxy pass errors of the runtime through.",
      run: async (bench) =>
        eachOf(await some(bench), async ({ text, status }) => {
          const isPage = /^\s*<(!doctype|html)/i.test(text)
          return expectThat(!isPage, isPage ? `a page of HTML for ${status}` : "none")
        })
    },
    "no-stack": {
      level: "MUST",
      origin: "assumed",
      title: "errors do not show the inside",
      expected: "no stack, no SQL, no path of a file",
      consequence: "Whoever has a key learns how the runtime is built.",
      run: async (bench) =>
        eachOf(await some(bench), async ({ text }) => {
          const shown = /\bat \S+ \(?\/|node_modules|\bSELECT\b.+\bFROM\b|Traceback/.test(text)
          return expectThat(!shown, shown ? "a stack or a query stands in the answer" : "nothing is shown")
        })
    },
    "list-of-issues": {
      level: "SHOULD",
      origin: "compat",
      power: "write",
      title: "everything that is wrong with a body is said at once",
      expected: "400 that names both of two wrong fields",
      consequence: "Who corrects a body has to try again for each mistake. The SDK says all of them before it sends.",
      run: async ({ send, body }) => {
        const wrong = body("/assistant", "issues", { firstMessage: 7, endCallMessage: 7 })
        const answer = await send({ method: "POST", path: "/assistant", body: wrong })
        const both = ["firstMessage", "endCallMessage"].every((name) => answer.text.includes(name))
        return expectThat([400, 422].includes(answer.status) && both, both ? "both are named" : answerText(answer))
      }
    },
    "invalid-json": {
      level: "SHOULD",
      origin: "assumed",
      power: "write",
      title: "a body that is no JSON is 400",
      expected: "400",
      run: async ({ send }) =>
        expectStatus(await send({ method: "POST", path: "/assistant", text: '{"name":' }), 400, 422)
    },
    "retry-after": {
      level: "SHOULD",
      origin: "compat",
      title: "Retry-After can be read",
      expected: "seconds or an HTTP date, on every answer of the run that has it; and on every 429",
      consequence: "The SDK waits for its own time instead of the runtime's.",
      run: async (bench) => {
        await bench.send({ path: "/assistant", query: { limit: 1 } })
        const answers = bench.run.seen.map(({ answer }) => answer)
        const silent = answers.filter(({ status, headers }) => status === 429 && headers["retry-after"] === undefined)
        const unread = answers.filter(({ headers }) => {
          const value = headers["retry-after"]
          return value !== undefined && !/^\d{1,9}$/.test(value) && Number.isNaN(Date.parse(value))
        })
        return expectThat(
          silent.length + unread.length === 0,
          silent.length + unread.length === 0 ? "nothing unread" : `${silent.length} without, ${unread.length} unread`
        )
      }
    },
    "rate-limit": {
      level: "MAY",
      origin: "assumed",
      title: "RateLimit headers can be read",
      expected: "RateLimit with r and t, where it is there",
      consequence: "None for the SDK, which goes by Retry-After.",
      workaround: "None is needed.",
      run: async ({ send }) => {
        const { headers } = await send({ path: "/assistant", query: { limit: 1 } })
        const limit = headers["ratelimit"]
        return limit === undefined ? pass("none") : expectThat(/;\s*r=\d+/.test(limit), limit.slice(0, 60))
      }
    },
    problem: {
      level: "MAY",
      origin: "assumed",
      title: "errors come as RFC 9457 where that is asked for",
      expected: "application/problem+json, or the usual body",
      consequence: "None for the SDK.",
      workaround: "None is needed.",
      run: async ({ send }) => {
        const answer = await send({ ...missing, headers: { accept: "application/problem+json" } })
        const isProblem = answer.headers["content-type"]?.includes("problem+json") === true
        const holds =
          answer.status === 404 && isObject(answer.json) && (!isProblem || at(answer.json, "status") === 404)
        return expectThat(holds, answerText(answer))
      }
    }
  }
)
