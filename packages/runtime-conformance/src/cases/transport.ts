/** How requests and answers travel. */
import { answerText, isSuccess } from "../bench/wire.ts"
import { fail, pass } from "../model/Case.ts"
import { isObject, rowsOf, textAt } from "../model/json.ts"
import { define, eachOf, expectStatus, expectThat } from "./define.ts"

const list = { path: "/assistant", query: { limit: 1 } } as const

export const transport = define(
  "transport",
  {
    power: "read",
    consequence: "Answers are read wrongly, or errors say less than they could.",
    workaround: "Look at the proxy before the runtime."
  },
  {
    health: {
      level: "MUST",
      origin: "doc",
      title: "GET /health is public",
      expected: "200 with a status, without a key",
      consequence: "Load balancers and doctor cannot tell whether the runtime lives.",
      run: async ({ send }) => {
        const answer = await send({ path: "/health", anonymous: true })
        return expectThat(answer.status === 200 && textAt(answer.json, "status") !== undefined, answerText(answer))
      }
    },
    ready: {
      level: "SHOULD",
      origin: "doc",
      title: "GET /readyz is public",
      expected: "200 or 503, in JSON, without a key",
      run: async ({ send }) => {
        const answer = await send({ path: "/readyz", anonymous: true })
        return expectThat([200, 503].includes(answer.status) && isObject(answer.json), answerText(answer))
      }
    },
    "request-id": {
      level: "SHOULD",
      origin: "assumed",
      title: "answers have a request id",
      expected: "X-Request-Id on a success, and another one on the next",
      consequence: "Errors and spans of the SDK cannot be found in the runtime's log.",
      workaround: "Let the proxy add X-Request-Id.",
      run: async ({ send }) => {
        const [one, two] = [await send(list), await send(list)]
        const [first, second] = [one.headers["x-request-id"], two.headers["x-request-id"]]
        return expectThat(
          first !== undefined && first !== second,
          first === undefined ? "no header" : first === second ? "the same twice" : "there"
        )
      }
    },
    "request-id-error": {
      level: "SHOULD",
      origin: "assumed",
      title: "errors have a request id",
      expected: "X-Request-Id on 404 and 401",
      consequence: "Errors of the SDK cannot be found in the runtime's log.",
      workaround: "Let the proxy add X-Request-Id.",
      run: async ({ send }) => {
        const answers = [await send({ path: "/assistant/aywa-none" }), await send({ ...list, anonymous: true })]
        const bare = answers.filter(({ headers }) => headers["x-request-id"] === undefined)
        return expectThat(
          bare.length === 0,
          bare.length === 0 ? "there" : `none on ${bare.map(({ status }) => status).join(", ")}`
        )
      }
    },
    "content-type": {
      level: "MUST",
      origin: "compat",
      title: "answers are JSON, and say so",
      expected: "Content-Type application/json on a list and on an error",
      consequence: "The SDK reads JSON whatever the type; other clients may not.",
      run: async ({ send }) =>
        eachOf([await send(list), await send({ path: "/assistant/aywa-none" })], async (answer) => {
          const type = answer.headers["content-type"] ?? "none"
          return expectThat(
            /^application\/([\w.+-]+\+)?json\b/i.test(type) && answer.json !== undefined,
            `status ${answer.status}, ${type.slice(0, 60)}`
          )
        })
    },
    gzip: {
      level: "MUST",
      origin: "assumed",
      title: "an answer that may be compressed can be read",
      expected: "the same answer with Accept-Encoding: gzip and with identity",
      consequence: "Answers cannot be read where a client allows compression.",
      run: async ({ send }) => {
        const answer = await send({ ...list, headers: { "accept-encoding": "gzip" } }, { mayBeLost: true })
        return expectThat(answer.status === 200 && rowsOf(answer.json) !== undefined, answerText(answer))
      }
    },
    head: {
      level: "SHOULD",
      origin: "assumed",
      title: "HEAD is GET without a body",
      expected: "the status of GET, or 405, and no body",
      run: async ({ send }) => {
        const answer = await send({ ...list, method: "HEAD" })
        return expectThat([200, 405].includes(answer.status) && answer.text === "", answerText(answer))
      }
    },
    method: {
      level: "SHOULD",
      origin: "compat",
      title: "a method that a path does not take is refused",
      expected: "405 with Allow for PUT /health or PUT on a list; 404 is taken, too",
      run: async ({ send }) => {
        const answer = await send({ path: "/assistant/aywa-none", method: "PUT", body: {} })
        const bare = answer.status === 405 && answer.headers["allow"] === undefined
        return expectThat([404, 405].includes(answer.status) && !bare, bare ? "405 without Allow" : answerText(answer))
      }
    },
    "too-large": {
      level: "SHOULD",
      origin: "assumed",
      power: "write",
      title: "a body of 11 MiB is refused as such",
      expected: "413",
      consequence: "An error that does not say what is wrong; the SDK tells 413 apart.",
      run: async ({ send, body }) => {
        const text = JSON.stringify({ ...body("/assistant", "large"), firstMessage: "a".repeat(11 * 1024 * 1024) })
        return expectStatus(await send({ path: "/assistant", method: "POST", text, timeout: 30_000 }), 413)
      }
    },
    "media-type": {
      level: "SHOULD",
      origin: "compat",
      power: "write",
      title: "a body that is no JSON is refused",
      expected: "415 for text/plain; 400 is taken, too",
      run: async ({ send }) =>
        expectStatus(
          await send({ path: "/assistant", method: "POST", text: "aywa conformance", contentType: "text/plain" }),
          415,
          400
        )
    },
    "keep-alive": {
      level: "SHOULD",
      origin: "assumed",
      late: true,
      title: "100 requests need few connections",
      expected: "most of the last 100 requests over a connection that was there",
      consequence: "Each call pays for a connection and, with TLS, for its handshake: many times the latency.",
      workaround: "Turn keep-alive on in the proxy.",
      run: async ({ send, run }) => {
        const alone = () =>
          run.seen.filter(({ together, ask, answer }) => !together && ask.lost !== true && answer.status !== 0)
        while (alone().length < 100) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other is the point.
          await send({ path: "/health", anonymous: true })
        }
        const opened = alone()
          .slice(-100)
          .filter(({ answer }) => !answer.reused).length
        return expectThat(opened <= 40, `${opened} connections for 100 requests`)
      }
    },
    "trailing-slash": {
      level: "SHOULD",
      origin: "assumed",
      title: "a slash at the end does not lead elsewhere",
      expected: "no redirect for GET /assistant/",
      consequence: "A redirect is an error of the SDK: it does not follow any, because the key would go along.",
      workaround: "Let the base URL end without a slash, and the proxy redirect nothing.",
      run: async ({ send }) => {
        const answer = await send({ path: "/assistant/", query: { limit: 1 } })
        return expectThat(answer.status < 300 || answer.status >= 400, answerText(answer))
      }
    },
    "duplicate-query": {
      level: "MAY",
      origin: "assumed",
      title: "a parameter that is given twice is no defect",
      expected: "400, or one of the two, and no 5xx",
      run: async ({ send }) => {
        const answer = await send({ path: "/assistant?limit=1&limit=2" })
        return expectThat(answer.status < 500, answerText(answer))
      }
    },
    "bad-path": {
      level: "SHOULD",
      origin: "assumed",
      title: "an id that cannot be decoded is no defect",
      expected: "400 or 404 for /assistant/%ff",
      run: async ({ send }) => expectStatus(await send({ path: "/assistant/%ff" }), 400, 404)
    },
    "unknown-route": {
      level: "MUST",
      origin: "compat",
      title: "a path that does not exist is 404",
      expected: "404 in JSON",
      consequence: "A path that was renamed, or a wrong base path, goes unnoticed.",
      run: async ({ send }) => {
        const answer = await send({ path: "/aywa-conformance-no-such-route" })
        return expectThat(answer.status === 404 && isObject(answer.json), answerText(answer))
      }
    },
    utf8: {
      level: "MUST",
      origin: "compat",
      power: "write",
      title: "text comes back as it was sent",
      expected: "the same letters, marks and emoji",
      consequence: "Prompts and names are damaged.",
      run: async ({ create }) => {
        const text = "Grüße, 東京 👋🏽 é é \u2028"
        const { row } = await create("/assistant", "utf8", { firstMessage: text })
        return row["firstMessage"] === text ? pass("the same") : fail("other text")
      }
    },
    nul: {
      level: "SHOULD",
      origin: "assumed",
      power: "write",
      title: "NUL in a text is refused or kept",
      expected: "400, or the same text; neither 5xx nor a text that is cut",
      run: async ({ send, body }) => {
        const firstMessage = "a\u0000b"
        const answer = await send({
          path: "/assistant",
          method: "POST",
          body: body("/assistant", "nul", { firstMessage })
        })
        const kept = isSuccess(answer) && textAt(answer.json, "firstMessage") === firstMessage
        return expectThat(kept || answer.status === 400 || answer.status === 422, kept ? "kept" : answerText(answer))
      }
    }
  }
)
