/**
 * The control API of a standalone runtime, below `/__aywa/`: what the handle does, over HTTP, behind a token.
 */
import * as crypto from "node:crypto"
import * as Schema from "effect/Schema"
import { type Answer, json } from "../http/answer.ts"
import type { ApiKeyInfo, Keys } from "../http/auth.ts"
import { InboundBody } from "../calls/handle.ts"
import type { RuntimeClock } from "../time/clock.ts"
import { HttpError } from "../http/errors.ts"
import { type Exchange, headerOf } from "../http/exchange.ts"
import type { FaultRule } from "../faults/rule.ts"
import { RuleInput } from "../faults/schemas.ts"
import type { Journal } from "../http/journal.ts"
import { scenarioOf, scenarios, type Scenarios } from "../faults/scenarios.ts"
import type { OpenSending } from "./handle.ts"
import { TriggerBody } from "../trigger/input.ts"
import { objectOf } from "../json/object.ts"

/** What the control API can reach. */
export interface ControlContext {
  readonly token: string
  readonly journal: Journal
  readonly faults: {
    readonly add: (rule: FaultRule) => string
    readonly list: () => ReadonlyArray<unknown>
    readonly remove: (id: string) => boolean
    readonly clear: () => void
  }
  readonly scenarios: Scenarios
  readonly clock: RuntimeClock
  readonly keys: Keys
  readonly addKey: (options: typeof KeyInput.Type) => ApiKeyInfo & { readonly key: string }
  readonly reset: () => void
  readonly sending: OpenSending
}

const KeyInput = Schema.Struct({
  key: Schema.optional(Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/))),
  organization: Schema.optional(Schema.String.check(Schema.isMinLength(1))),
  role: Schema.optional(Schema.Literals(["full", "read"]))
})
/** Milliseconds that a request may wait for an event. */
const longestWait = 60_000

const RotateInput = Schema.Struct({ overlap: Schema.optional(Schema.Finite) })
const ClockInput = Schema.Struct({ now: Schema.Union([Schema.String, Schema.Finite]) })
const AdvanceInput = Schema.Struct({ ms: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)) })

/** Answers a control request. */
export const makeControl = (context: ControlContext) => {
  const expected = digest(context.token)
  return async (exchange: Exchange, body: () => Promise<unknown>): Promise<Answer> => {
    const token = headerOf(exchange.request, "authorization")?.replace(/^Bearer +/i, "") ?? ""
    if (!crypto.timingSafeEqual(digest(token), expected)) {
      throw new HttpError(401, "The control API needs its token: Authorization: Bearer <controlToken>")
    }
    const handler = handlers[`${exchange.method} ${exchange.path.slice("/__aywa/".length).replace(/\/$/, "")}`]
    if (handler !== undefined) return answerOf(await handler(context, exchange, body))
    const [, collection, id = ""] = /^\/__aywa\/(faults|keys)\/([^/]+)$/.exec(exchange.path) ?? []
    if (exchange.method === "DELETE" && collection !== undefined) {
      const removed = collection === "faults" ? context.faults.remove(id) : context.keys.revoke(id)
      if (removed) return ok({ id })
    }
    throw new HttpError(404, `The control API has no ${exchange.method} ${exchange.path}`)
  }
}

type ControlHandler = (context: ControlContext, exchange: Exchange, body: () => Promise<unknown>) => unknown

const handlers: Readonly<Record<string, ControlHandler>> = {
  "GET requests": ({ journal }, { query }) =>
    journal.list({
      method: query.get("method") ?? undefined,
      path: query.get("path") ?? undefined,
      idempotencyKey: query.get("idempotencyKey") ?? undefined,
      committed: query.has("committed") ? query.get("committed") === "true" : undefined
    }),
  "DELETE requests": ({ journal }) => journal.clear(),
  "GET faults": ({ faults }) => faults.list(),
  "POST faults": async ({ faults }, _, body) => {
    const rule = decode(RuleInput, await body())
    return { id: orBadRequest(() => faults.add(rule)) }
  },
  "DELETE faults": ({ faults }) => faults.clear(),
  "GET scenario": ({ scenarios }) => scenarioState(scenarios),
  "PUT scenario": async ({ scenarios }, _, body) => {
    const input = await body()
    const { name, rules } = objectOf(input)
    orBadRequest(() => scenarios.start(scenarioOf(rules === undefined ? name : input)))
    return scenarioState(scenarios)
  },
  "DELETE scenario": ({ scenarios }) => {
    scenarios.stop()
    return scenarioState(scenarios)
  },
  "GET clock": ({ clock }) => timeOf(clock),
  "PUT clock": async ({ clock }, _, body) => {
    const { now } = decode(ClockInput, await body())
    orBadRequest(() => clock.set(now))
    return timeOf(clock)
  },
  "POST clock/advance": async ({ clock }, _, body) => {
    const { ms } = decode(AdvanceInput, await body())
    const fired = await orBadRequest(() => clock.advance(ms))
    return { ...timeOf(clock), fired }
  },
  "POST trigger": async ({ sending }, _, body) => {
    const triggered = await sending.trigger(decode(TriggerBody, await body()))
    return triggered.jobs === undefined ? triggered : json(202, JSON.stringify(triggered))
  },
  "GET events": async ({ sending }, { query }) => {
    const type = query.get("type") ?? undefined
    const filter = { callId: query.get("callId") ?? undefined }
    const wait = Math.min(Number(query.get("wait") ?? 0), longestWait)
    // What did not come in time is for the list to show.
    if (type !== undefined && wait > 0) await sending.events.expect(type, { ...filter, timeout: wait }).catch(() => {})
    return sending.events.list({ ...filter, type })
  },
  "POST calls/script": async ({ sending }, _, body) => ({ id: sending.calls.add(await body()) }),
  "DELETE calls/script": ({ sending }) => sending.calls.clearScripts(),
  "POST calls/inbound": async ({ sending }, _, body) => {
    const call = sending.calls.inbound(decode(InboundBody, await body()))
    return json(201, JSON.stringify(call))
  },
  "GET webhook-secret": ({ sending }) => ({ secret: sending.webhookSecret }),
  "POST webhook-secret/rotate": async ({ sending }, _, body) => {
    const options = decode(RotateInput, await body())
    return { secret: orBadRequest(() => sending.webhooks.rotateSecret(options)) }
  },
  "POST reset": ({ reset }) => reset(),
  "GET keys": ({ keys }) => keys.list(),
  "POST keys": async ({ addKey }, _, body) => addKey(decode(KeyInput, await body()))
}

const scenarioState = ({ active }: Scenarios) => ({ active: active() ?? null, available: Object.values(scenarios) })

const timeOf = (clock: RuntimeClock) => ({ now: new Date(clock.now()).toISOString() })

const answerOf = (value: unknown): Answer => (isAnswer(value) ? value : ok(value))

const isAnswer = (value: unknown): value is Answer =>
  typeof value === "object" && value !== null && "status" in value && "headers" in value && "body" in value

const ok = (value: unknown): Answer => json(200, JSON.stringify(value ?? {}))

const decode = <A>(schema: Schema.Codec<A, unknown>, value: unknown): A =>
  orBadRequest(() => Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })(value))

/** A value that is wrong is an error of the client: 400 with the reason. */
const orBadRequest = <A>(f: () => A): A => {
  try {
    return f()
  } catch (error) {
    throw new HttpError(400, error instanceof Error ? error.message : String(error))
  }
}

const digest = (text: string) => crypto.createHash("sha256").update(text).digest()
