/** Who may ask: keys, organizations, and what an answer tells to whom it is not for. */
import { isSuccess } from "../bench/wire.ts"
import { skip } from "../model/Case.ts"
import { textAt } from "../model/json.ts"
import { define, expectStatus, expectThat } from "./define.ts"

const list = { path: "/assistant", query: { limit: 1 } } as const
const nobody = "00000000-0000-4000-8000-00000000a17a"

export const auth = define(
  "auth",
  {
    power: "read",
    consequence: "Requests that should be refused are answered, or the other way round.",
    workaround: "Look at the proxy before the runtime: it must pass Authorization on and answer nothing by itself."
  },
  {
    key: {
      level: "MUST",
      origin: "doc",
      title: "the key is accepted",
      expected: "GET /assistant with Authorization: Bearer and the key gets 200",
      consequence: "Nothing works.",
      workaround: "Create a runtime API key in the runtime's dashboard. aywa-runtime doctor looks at the rest.",
      run: async ({ send }) => expectStatus(await send(list, { mayBeRefused: true }), 200)
    },
    none: {
      level: "MUST",
      origin: "doc",
      title: "no key is refused",
      expected: "401",
      run: async ({ send }) => expectStatus(await send({ ...list, anonymous: true }), 401)
    },
    unknown: {
      level: "MUST",
      origin: "doc",
      title: "an unknown key is refused",
      expected: "401",
      run: async ({ send, key }) =>
        expectStatus(await send({ ...list, headers: { authorization: `Bearer ${key("nobody")}` } }, refused), 401)
    },
    basic: {
      level: "MUST",
      origin: "compat",
      title: "another scheme than Bearer is refused",
      expected: "401",
      run: async ({ send }) =>
        expectStatus(await send({ ...list, headers: { authorization: "Basic YXl3YTpheXdh" } }, refused), 401)
    },
    empty: {
      level: "MUST",
      origin: "compat",
      title: "an empty key is refused",
      expected: "401",
      run: async ({ send }) => expectStatus(await send({ ...list, headers: { authorization: "Bearer" } }, refused), 401)
    },
    "x-api-key": {
      level: "SHOULD",
      origin: "doc",
      title: "the key is accepted as X-API-Key, too",
      expected: "200",
      consequence: "Code that was written for X-API-Key does not work; the SDK sends Bearer.",
      workaround: "Send Authorization: Bearer.",
      run: async ({ send, run }) =>
        expectStatus(
          await send({
            ...list,
            anonymous: true,
            headers: { ...withoutBearer(run.target.credentials), "x-api-key": keyIn(run.target.credentials) }
          }),
          200
        )
    },
    "both-different": {
      level: "SHOULD",
      origin: "assumed",
      title: "a wrong Bearer is refused, whatever stands beside it",
      expected: "401 for an unknown Bearer beside the right X-API-Key",
      consequence: "Which of two keys counts is not known.",
      workaround: "Send one key only.",
      run: async ({ send, run, key }) =>
        expectStatus(
          await send(
            {
              ...list,
              headers: { authorization: `Bearer ${key("nobody")}`, "x-api-key": keyIn(run.target.credentials) }
            },
            refused
          ),
          401
        )
    },
    query: {
      level: "MUST",
      origin: "assumed",
      title: "a key in the query is no key",
      expected: "401; only asked of a runtime on this machine, because addresses end up in access logs",
      consequence: "Keys end up in logs and in the history of browsers.",
      run: async ({ send, run }) => {
        if (!/^(127\.|localhost$|\[::1\]$)/.test(run.target.baseUrl.hostname)) {
          return skip("the key would stand in access logs of a runtime that is not on this machine")
        }
        const key = keyIn(run.target.credentials)
        return expectStatus(
          await send({
            path: "/assistant",
            query: { limit: 1, apiKey: key, api_key: key, access_token: key },
            anonymous: true
          }),
          401,
          400
        )
      }
    },
    organization: {
      level: "MUST",
      origin: "assumed",
      title: "another organization is refused",
      expected: "403 for an X-Organization-Id that the key does not belong to",
      consequence: "A tenant's id that is wrong reads or writes somebody else's rows.",
      workaround: "Use a key for each organization, and look at orgId of what is answered.",
      run: async ({ send }) =>
        expectStatus(await send({ ...list, headers: { "x-organization-id": nobody } }, refused), 403)
    },
    "foreign-row": {
      level: "MUST",
      origin: "compat",
      title: "a row that is not there, or not yours, is 404",
      expected: "404, and no 403, which would tell that there is such a row",
      run: async ({ send }) => expectStatus(await send({ path: `/assistant/${nobody}` }), 404)
    },
    "other-organization": {
      level: "MUST",
      origin: "assumed",
      power: "write",
      title: "a row of another organization is 404",
      expected: "404 for a row of this organization, asked for with a key of another one",
      consequence: "Rows can be read across organizations.",
      run: async ({ send, create, otherKey }) => {
        const other = otherKey()
        const { id } = await create("/assistant", "foreign")
        return expectStatus(
          await send(
            { path: `/assistant/${id}`, headers: { authorization: `Bearer ${other}`, "x-organization-id": "" } },
            refused
          ),
          404
        )
      }
    },
    trace: {
      level: "SHOULD",
      origin: "assumed",
      title: "TRACE gives nothing back",
      expected: "no success for TRACE, and no key in the answer",
      consequence: "A page in a browser may be able to read a key.",
      run: async ({ send, run }) => {
        const answer = await send({ path: "/assistant", method: "TRACE" }, { ...refused, mayBeLost: true })
        const echoed = answer.text.includes(keyIn(run.target.credentials))
        return expectThat(!isSuccess(answer) && !echoed, `status ${answer.status}${echoed ? ", and the key" : ""}`)
      }
    },
    cors: {
      level: "SHOULD",
      origin: "doc",
      title: "browsers are not let in",
      expected: "OPTIONS with an Origin gets no Access-Control-Allow-Origin for anybody",
      consequence: "Pages of other sites may call the runtime with a key that they come by.",
      workaround: "Take CORS off in the proxy: the SDK runs in backends.",
      run: async ({ send }) => {
        const headers = { origin: "https://aywa.invalid", "access-control-request-method": "GET" }
        const answer = await send({ path: "/assistant", method: "OPTIONS", headers }, { ...refused, mayBeLost: true })
        const allowed = answer.headers["access-control-allow-origin"]
        return expectThat(
          allowed !== "*" && allowed !== "https://aywa.invalid",
          allowed === undefined ? "no Access-Control-Allow-Origin" : "any origin is allowed"
        )
      }
    },
    "no-echo": {
      level: "MUST",
      origin: "assumed",
      title: "a refusal does not repeat the key",
      expected: "no key in the body or the headers of a 401",
      consequence: "Keys end up in logs of whoever logs errors. The SDK takes them out of its own errors.",
      run: async ({ send, key }) => {
        const canary = key("canary-9f2c")
        const answer = await send({ ...list, headers: { authorization: `Bearer ${canary}` } }, refused)
        const echoed = `${answer.text}${JSON.stringify(answer.headers)}`.includes(canary)
        return expectThat(!echoed, echoed ? "the key stands in the answer" : "not repeated")
      }
    },
    challenge: {
      level: "MAY",
      origin: "assumed",
      title: "a 401 says which scheme it wants",
      expected: "WWW-Authenticate on 401",
      consequence: "None for the SDK.",
      workaround: "None is needed.",
      run: async ({ send }) => {
        const answer = await send({ ...list, anonymous: true })
        const scheme = answer.headers["www-authenticate"]
        return expectThat(answer.status === 401 && scheme !== undefined, scheme === undefined ? "no header" : "there")
      }
    }
  }
)

const refused = { mayBeRefused: true } as const

const keyIn = (credentials: Readonly<Record<string, string>>): string =>
  (textAt(credentials, "authorization") ?? "").replace(/^Bearer /, "")

const withoutBearer = (credentials: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(credentials).filter(([name]) => name !== "authorization"))
