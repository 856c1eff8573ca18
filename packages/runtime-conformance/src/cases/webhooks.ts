/**
 * Webhooks: signed, sent again, and sent to nobody they should not go to. What is sent is caused by calls of the run whose
 * assistant names the run's own receiver as its server, so nobody else's events arrive there.
 */
import { isWebhookVerificationError, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import type { Bench } from "../bench/Bench.ts"
import type { Delivery, Reply } from "../bench/receiver.ts"
import { nameOf } from "../bench/marks.ts"
import { answerText, isSuccess } from "../bench/wire.ts"
import { fail, type Finding, inconclusive, pass, skip, unclear } from "../model/Case.ts"
import { at, isObject, type Json, textAt } from "../model/json.ts"
import { define, eachOf, expectStatus, expectThat } from "./define.ts"

/** How the receiver answers in a scene. */
const scenes = {
  ok: () => ({ status: 200 }),
  "server-error": (attempt) => ({ status: attempt === 0 ? 500 : 200 }),
  closed: (attempt) => (attempt === 0 ? "close" : { status: 200 }),
  later: (attempt) => (attempt === 0 ? { status: 503, headers: { "retry-after": "2" } } : { status: 200 }),
  redirect: () => ({ status: 307, headers: { location: "/aywa-elsewhere" } }),
  down: () => ({ status: 500 })
} as const satisfies Readonly<Record<string, Reply>>

type SceneName = keyof typeof scenes

/** A call whose events go to a path of the receiver. */
interface Scene {
  readonly path: string
  readonly callId: string
}

const callWith = async (bench: Bench, label: string, url: string): Promise<string> => {
  const server = { url, timeoutSeconds: 5 }
  const messages = ["status-update", "end-of-call-report"]
  const { id } = await bench.create("/assistant", `h-${label}`, { server, serverMessages: messages })
  const call = await bench.create("/call", `h-${label}`, { assistant: undefined, assistantId: id })
  return call.id
}

/** All scenes begin together, so that their waits pass together. */
const scene = async (bench: Bench, name: SceneName): Promise<Scene> => {
  const receiver = bench.receiver()
  const all = await bench.once("scenes", async () => {
    const begun = new Map<string, Scene>()
    for (const [name, reply] of Object.entries<Reply>(scenes)) {
      const path = `/${nameOf(bench.run.id, name)}`
      receiver.answer(path, reply)
      // oxlint-disable-next-line no-await-in-loop -- paced anyway.
      begun.set(name, { path, callId: await callWith(bench, name, receiver.url(path)) })
    }
    return begun
  })
  return all.get(name) ?? unclear("the scene did not begin")
}

const arrived = async (
  bench: Bench,
  name: SceneName,
  count = 1,
  fits?: (delivery: Delivery) => boolean
): Promise<ReadonlyArray<Delivery>> => {
  const { path } = await scene(bench, name)
  const options = { ms: bench.means.webhookWait, signal: bench.run.signal, ...(fits === undefined ? {} : { fits }) }
  return bench.receiver().wait(path, count, options)
}

/** What arrived first; the case ends where nothing did. */
const one = async (bench: Bench): Promise<Delivery> => {
  const [first] = await arrived(bench, "ok")
  return first ?? unclear("nothing arrived at the receiver")
}

const idOf = ({ headers }: Delivery): string => headers["webhook-id"] ?? ""

/** The attempts at the event that arrived first. */
const attempts = async (bench: Bench, name: SceneName, count: number): Promise<ReadonlyArray<Delivery>> => {
  const [first] = await arrived(bench, name)
  if (first === undefined) return unclear("nothing arrived at the receiver")
  const body = (delivery: Delivery) => delivery.body.equals(first.body)
  return arrived(bench, name, count, body)
}

/** Jobs of a call in the log. */
const jobs = async (bench: Bench, callId: string): Promise<ReadonlyArray<Json>> =>
  bench.rows("/logs/webhooks", { callId, limit: 50 })

/** The first job that fits, waited for. */
const job = async (bench: Bench, callId: string, fits: (job: Json) => boolean): Promise<Json> => {
  const end = performance.now() + bench.means.webhookWait
  for (let pause = 250; ; pause *= 2) {
    // oxlint-disable-next-line no-await-in-loop -- it is looked at again until it is there.
    const found = (await jobs(bench, callId)).find(fits)
    if (found !== undefined) return found
    if (performance.now() > end) return unclear("the log has no such job of the call")
    // oxlint-disable-next-line no-await-in-loop -- as above.
    await bench.pause(Math.min(pause, 10_000))
  }
}

const repeated = async (bench: Bench, name: SceneName): Promise<Finding> => {
  const got = await attempts(bench, name, 2)
  return expectThat(got.length >= 2, `${got.length} attempts`)
}

/** How an attempt at a private address must look: none that got an answer, and words for it. */
const refusedTarget = async (bench: Bench, label: string, url: string): Promise<Finding> => {
  bench.receiver()
  const server = { url, timeoutSeconds: 5 }
  const body = bench.body("/assistant", `h-${label}`, { server, serverMessages: ["status-update"] })
  const created = await bench.send({ method: "POST", path: "/assistant", body })
  if ([400, 422].includes(created.status)) return pass("refused when it was written")
  const assistantId = textAt(created.json, "id") ?? unclear(answerText(created))
  const call = await bench.create("/call", `h-${label}`, { assistant: undefined, assistantId })
  const found = await job(bench, call.id, (one) => Number(one["attemptCount"]) > 0)
  const { json } = await bench.send({ path: `/logs/webhooks/${String(found["id"])}` })
  const list = at(json, "attempts")
  const all = Array.isArray(list) ? list.filter(isObject) : []
  if (all.some((one) => typeof one["statusCode"] === "number")) return fail("the address was asked, and answered")
  const words = all.map((one) => String(one["error"])).join("; ")
  const isRefused =
    /block|private|not allowed|forbidden|reserved|link-local|refused by|denied|guard|credentials|user name|loopback|development mode/i.test(
      words
    )
  return isRefused
    ? pass("refused when it was to be sent")
    : inconclusive("it cannot be told whether the address was tried")
}

const guard = {
  level: "MUST",
  origin: "doc",
  consequence: "Whoever may write an assistant reaches the inside of the network, with the runtime's address.",
  workaround: "Close the runtime's way out with a firewall."
} as const

const resent = {
  level: "MUST",
  origin: "doc",
  consequence: "Events are lost while your receiver is down.",
  workaround: "Read calls afterwards, and compare."
} as const

const verified = (bench: Bench, { body, headers }: Delivery): Finding => {
  const { webhookSecrets } = bench.means
  if (webhookSecrets.length === 0) return skip("no webhook secret is given")
  try {
    verifyAywaRuntimeWebhook({ body, headers, secret: [...webhookSecrets], toleranceSeconds: "disabled" })
    return pass("verified")
  } catch (error) {
    if (!isWebhookVerificationError(error)) throw error
    if (headers["webhook-signature"] === undefined) bench.run.facts.unsigned = true
    return fail(error.message.slice(0, 200))
  }
}

export const webhooks = define(
  "webhooks",
  {
    power: "webhooks",
    consequence: "Webhooks cannot be taken as the SDK takes them.",
    workaround: "Look at @aywa-ai/runtime-sdk/webhooks/legacy for other schemes."
  },
  {
    delivered: {
      level: "MUST",
      origin: "doc",
      title: "events arrive at the assistant's server",
      expected: "a POST with JSON",
      consequence: "Nothing arrives.",
      workaround: "Can the runtime reach --webhook-url? Look at aywa-runtime webhooks tail.",
      run: async (bench) => {
        const [first] = await arrived(bench, "ok")
        if (first === undefined) return fail(`nothing within ${bench.means.webhookWait} ms`)
        const isJson = /^application\/json\b/i.test(first.headers["content-type"] ?? "") && first.json !== undefined
        return expectThat(first.method === "POST" && isJson, isJson ? first.method : "no JSON")
      }
    },
    envelope: {
      level: "MUST",
      origin: "doc",
      title: "events stand in an envelope",
      expected: "{ message: { type, … } }",
      run: async (bench) => {
        const type = textAt((await one(bench)).json, "message", "type")
        return expectThat(type !== undefined, type ?? "no message.type")
      }
    },
    timestamp: {
      level: "SHOULD",
      origin: "compat",
      title: "events say when they happened",
      expected: "message.timestamp, ISO 8601 or epoch milliseconds",
      run: async (bench) => {
        const time = at((await one(bench)).json, "message", "timestamp")
        const millis = typeof time === "number" ? time : Date.parse(String(time))
        return expectThat(Math.abs(Date.now() - millis) < 3_600_000, Number.isNaN(millis) ? "none" : typeof time)
      }
    },
    "call-id": {
      level: "MUST",
      origin: "doc",
      title: "events say which call they are of",
      expected: "message.call.id is the call's",
      run: async (bench) => {
        const { callId } = await scene(bench, "ok")
        const id = at((await one(bench)).json, "message", "call", "id")
        return expectThat(id === callId, id === callId ? "the call's" : "another, or none")
      }
    },
    signature: {
      level: "MUST",
      origin: "assumed",
      title: "events are signed by Standard Webhooks",
      expected: "webhook-id, webhook-timestamp and webhook-signature that verify with the secret",
      consequence: "verifyAywaRuntimeWebhook refuses every event.",
      run: async (bench) => verified(bench, await one(bench))
    },
    fresh: {
      level: "MUST",
      origin: "assumed",
      title: "signatures are fresh",
      expected: "webhook-timestamp within five minutes of this machine's clock",
      consequence: "verifyAywaRuntimeWebhook refuses events as too old or too new.",
      workaround: "Set the clocks by NTP.",
      run: async (bench) => {
        const { headers, at: time } = await one(bench)
        const skew = Math.round(time / 1000 - Number(headers["webhook-timestamp"]))
        return expectThat(Math.abs(skew) <= 300, Number.isNaN(skew) ? "no webhook-timestamp" : `${skew} s off`)
      }
    },
    id: {
      level: "MUST",
      origin: "assumed",
      title: "events have an id each",
      expected: "webhook-id of 1 to 255 characters without dot, another one for each event",
      consequence: "An inbox takes two events for one, or one for two.",
      run: async (bench) => {
        const got = await arrived(bench, "ok", 2)
        const ids = got.map(idOf)
        const isWell = ids.every((id) => /^[^.,\s]{1,255}$/.test(id))
        return expectThat(
          isWell && new Set(ids).size === ids.length,
          isWell ? `${ids.length} events, ${new Set(ids).size} ids` : "no id, or one that cannot be signed"
        )
      }
    },
    "server-error": {
      ...resent,
      title: "an event is sent again after a 500",
      expected: "a second attempt",
      run: (bench) => repeated(bench, "server-error")
    },
    closed: {
      ...resent,
      title: "an event is sent again after a lost connection",
      expected: "a second attempt",
      run: (bench) => repeated(bench, "closed")
    },
    "same-id": {
      level: "MUST",
      origin: "assumed",
      title: "an event keeps its id when it is sent again",
      expected: "the same webhook-id",
      consequence: "An inbox runs the event twice.",
      workaround: "Make handlers that may run twice.",
      run: async (bench) => {
        const got = await attempts(bench, "server-error", 2)
        if (got.length < 2) return unclear("it was not sent again")
        return expectThat(new Set(got.map(idOf)).size === 1, `${new Set(got.map(idOf)).size} ids`)
      }
    },
    "signed-anew": {
      level: "SHOULD",
      origin: "assumed",
      title: "an event is signed anew when it is sent again",
      expected: "a signature of the second attempt that verifies",
      consequence: "An event that comes again after five minutes is refused as too old.",
      workaround: "Give verifyAywaRuntimeWebhook a larger toleranceSeconds.",
      run: async (bench) => {
        const got = await attempts(bench, "server-error", 2)
        const last = got.length < 2 ? undefined : got.at(-1)
        if (last === undefined) return unclear("it was not sent again")
        const age = last.at / 1000 - Number(last.headers["webhook-timestamp"])
        return age > 60 ? fail(`signed ${Math.round(age)} s before`) : verified(bench, last)
      }
    },
    "retry-after": {
      level: "SHOULD",
      origin: "assumed",
      title: "Retry-After of a receiver is honoured",
      expected: "the second attempt not before the two seconds that the receiver asked for",
      consequence: "A receiver that is overloaded is asked all the more.",
      run: async (bench) => {
        const [first, second] = await attempts(bench, "later", 2)
        if (first === undefined || second === undefined) return unclear("it was not sent again")
        const ms = second.at - first.at
        return expectThat(ms >= 1900, `${(ms / 1000).toFixed(1)} s`)
      }
    },
    "no-redirect": {
      level: "MUST",
      origin: "doc",
      title: "redirects are not followed",
      expected: "nothing at the address of a redirect",
      consequence: "An event, with its content, goes where nobody checked.",
      run: async (bench) => {
        const got = await arrived(bench, "redirect")
        if (got.length === 0) return unclear("nothing arrived at the receiver")
        const { signal } = bench.run
        const elsewhere = (await bench.receiver().wait("/aywa-elsewhere", 1, { ms: 1000, signal })).length
        return expectThat(elsewhere === 0, elsewhere === 0 ? "not followed" : "followed")
      }
    },
    log: {
      level: "SHOULD",
      origin: "doc",
      title: "the log has what was sent",
      expected: "a job of the call with type, target and status",
      consequence: "aywa-runtime webhooks tail shows nothing.",
      run: async (bench) => {
        const { callId } = await scene(bench, "ok")
        await one(bench)
        const found = await job(bench, callId, () => true)
        const missing = ["id", "type", "status"].filter((name) => textAt(found, name) === undefined)
        return expectThat(
          missing.length === 0,
          missing.length === 0 ? String(found["status"]) : `no ${missing.join(", ")}`
        )
      }
    },
    "log-attempts": {
      level: "SHOULD",
      origin: "doc",
      title: "the log has every attempt",
      expected: "attempts with status code and latency",
      run: async (bench) => {
        const { callId } = await scene(bench, "ok")
        await one(bench)
        const { id } = await job(bench, callId, (found) => found["status"] === "succeeded")
        const { json } = await bench.send({ path: `/logs/webhooks/${String(id)}` })
        const list = at(json, "attempts")
        const isWhole =
          Array.isArray(list) &&
          list.length > 0 &&
          list.every((each) => at(each, "statusCode") === 200 && typeof at(each, "latencyMs") === "number")
        return expectThat(isWhole, isWhole ? `${list.length} attempts` : "no attempts, or without status and latency")
      }
    },
    replay: {
      level: "SHOULD",
      origin: "assumed",
      title: "a replay has an id of its own",
      expected: "202, and the event again with another webhook-id",
      consequence: "An inbox drops what an operator sends again.",
      run: async (bench) => {
        const { callId, path } = await scene(bench, "ok")
        const first = await one(bench)
        const found = await job(bench, callId, (each) => each["status"] === "succeeded")
        const answer = await bench.send({ method: "POST", path: `/logs/webhooks/${String(found["id"])}/replay` })
        if (!isSuccess(answer)) return fail(answerText(answer))
        const before = new Set((await jobs(bench, callId)).map((each) => each["eventId"]))
        const waiting = {
          ms: bench.means.webhookWait,
          signal: bench.run.signal,
          fits: (each: Delivery) => idOf(each).endsWith("_r1") || idOf(each) === textAt(answer.json, "eventId")
        }
        const [again] = await bench.receiver().wait(path, 1, waiting)
        if (again === undefined)
          return fail(before.size > 0 ? "it did not arrive, or under the id that it had" : "it did not arrive")
        return expectThat(idOf(again) !== textAt(found, "eventId") && idOf(first) !== "", "another id")
      }
    },
    retry: {
      level: "SHOULD",
      origin: "assumed",
      title: "a retry by hand keeps the id",
      expected: "202, and a further attempt with the same webhook-id",
      consequence: "An inbox runs an event twice that an operator sends again.",
      run: async (bench) => {
        const { callId, path } = await scene(bench, "down")
        const got = await arrived(bench, "down")
        if (got.length === 0) return unclear("nothing arrived at the receiver")
        const found = await job(bench, callId, (each) => ["retrying", "dead"].includes(String(each["status"])))
        const id = textAt(found, "eventId")
        const before = bench
          .receiver()
          .got(path)
          .filter((each) => idOf(each) === id).length
        const answer = await bench.send({ method: "POST", path: `/logs/webhooks/jobs/${String(found["id"])}/retry` })
        if (!isSuccess(answer)) return fail(answerText(answer))
        const waiting = {
          ms: bench.means.webhookWait,
          signal: bench.run.signal,
          fits: (each: Delivery) => idOf(each) === id
        }
        const after = await bench.receiver().wait(path, before + 1, waiting)
        bench.receiver().answer(path, scenes.ok)
        return expectThat(after.length > before, `${after.length - before} further attempts with its id`)
      }
    },
    "retry-succeeded": {
      level: "MAY",
      origin: "assumed",
      title: "what has arrived is not retried",
      expected: "409 for a retry of a job that succeeded",
      consequence: "An operator sends an event twice by mistake.",
      run: async (bench) => {
        const { callId } = await scene(bench, "ok")
        await one(bench)
        const { id } = await job(bench, callId, (found) => found["status"] === "succeeded")
        return expectStatus(await bench.send({ method: "POST", path: `/logs/webhooks/jobs/${String(id)}/retry` }), 409)
      }
    },
    endpoint: {
      level: "SHOULD",
      origin: "assumed",
      title: "an endpoint gets the events of its assistant",
      expected: "events of a call at a webhook endpoint of scope assistant",
      consequence: "Endpoints that are registered get nothing.",
      workaround: "Name the server in the assistant.",
      run: async (bench) => {
        const receiver = bench.receiver()
        const label = "endpoint"
        const path = `/${nameOf(bench.run.id, label)}`
        const { id } = await bench.create("/assistant", `h-${label}`)
        const url = `${receiver.url(path)}?aywaConformance=${bench.run.id}`
        await bench.create("/webhook-endpoint", label, {
          url,
          scope: "assistant",
          targetId: id,
          events: ["status-update"],
          enabled: true
        })
        await bench.create("/call", `h-${label}`, { assistant: undefined, assistantId: id })
        const got = await receiver.wait(path, 1, { ms: bench.means.webhookWait, signal: bench.run.signal })
        return expectThat(got.length > 0, `${got.length} events`)
      }
    },
    "private-metadata": {
      ...guard,
      title: "the cloud's metadata address is refused",
      expected: "no request to 169.254.169.254",
      run: (bench) => refusedTarget(bench, "metadata", "http://169.254.169.254/latest/meta-data")
    },
    "private-decimal": {
      ...guard,
      title: "a private address in decimal is refused",
      expected: "no request to 10.0.0.1, written as one number",
      run: (bench) => refusedTarget(bench, "decimal", "http://167772161/")
    },
    "private-mapped": {
      ...guard,
      title: "a private address in IPv6 form is refused",
      expected: "no request to ::ffff:10.0.0.1",
      run: (bench) => refusedTarget(bench, "mapped", "http://[::ffff:10.0.0.1]/")
    },
    "private-userinfo": {
      ...guard,
      title: "an address with a name and a password is refused",
      expected: "no request to a URL with credentials in it",
      run: (bench) => eachOf(["http://aywa:aywa@10.0.0.1/"], (url) => refusedTarget(bench, "userinfo", url))
    }
  }
)
