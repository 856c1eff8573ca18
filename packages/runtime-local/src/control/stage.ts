/**
 * What is done to a runtime: faults, scenarios, clock, triggers, scripts, reset.
 */
import * as Schema from "effect/Schema"
import { InboundBody } from "../calls/handle.ts"
import { LiveBody, TurnBody } from "../calls/live.ts"
import { decodeRule } from "../faults/decode.ts"
import type { FaultRule } from "../faults/rule.ts"
import { scenarioOf, scenarios, type Scenarios } from "../faults/scenarios.ts"
import { json } from "../http/answer.ts"
import { notFound } from "../http/errors.ts"
import { objectOf } from "../json/object.ts"
import type { RuntimeClock } from "../time/clock.ts"
import { TriggerBody } from "../trigger/input.ts"
import type { OpenSending } from "./handle.ts"
import { type ControlRoutes, decode, orBadRequest } from "./route.ts"

/** What these routes work with. */
export interface StageContext {
  readonly faults: {
    readonly add: (rule: FaultRule) => string
    readonly list: () => ReadonlyArray<unknown>
    readonly remove: (id: string) => boolean
    readonly clear: () => void
  }
  readonly scenarios: Scenarios
  readonly clock: RuntimeClock
  readonly clockMode: "system" | "manual"
  readonly reset: () => void
  readonly sending: OpenSending
}

const ClockInput = Schema.Struct({ now: Schema.Union([Schema.String, Schema.Finite]) })
const AdvanceInput = Schema.Struct({ ms: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)) })
const RotateInput = Schema.Struct({ overlap: Schema.optional(Schema.Finite) })

/** The routes. */
export const stageRoutes = (context: StageContext): ControlRoutes => {
  const { faults, clock, sending, reset } = context
  const scenarioState = () => ({ active: context.scenarios.active() ?? null, available: Object.values(scenarios) })
  const time = () => ({ now: new Date(clock.now()).toISOString(), mode: context.clockMode })
  return {
    "GET faults": () => faults.list(),
    "POST faults": async ({ body }) => {
      const input = await body()
      return { id: orBadRequest(() => faults.add(decodeRule(input))) }
    },
    "DELETE faults": () => faults.clear(),
    "DELETE faults/:id": ({ id }) => {
      if (!faults.remove(id)) throw notFound("Fault", id)
      return { id }
    },

    "GET scenario": scenarioState,
    "PUT scenario": async ({ body }) => {
      const input = await body()
      const { name, rules } = objectOf(input)
      orBadRequest(() => context.scenarios.start(scenarioOf(rules === undefined ? name : input)))
      return scenarioState()
    },
    "DELETE scenario": () => {
      context.scenarios.stop()
      return scenarioState()
    },

    "GET clock": time,
    "PUT clock": async ({ body }) => {
      const { now } = decode(ClockInput, await body())
      orBadRequest(() => clock.set(now))
      return time()
    },
    "POST clock/advance": async ({ body }) => {
      const { ms } = decode(AdvanceInput, await body())
      const fired = await orBadRequest(() => clock.advance(ms))
      return { ...time(), fired }
    },

    "POST trigger": async ({ body }) => {
      const triggered = await sending.trigger(decode(TriggerBody, await body()))
      return triggered.jobs === undefined ? triggered : json(202, JSON.stringify(triggered))
    },
    "POST calls/script": async ({ body }) => ({ id: sending.calls.add(await body()) }),
    "DELETE calls/script": () => sending.calls.clearScripts(),
    "POST calls/inbound": async ({ body }) => {
      const call = sending.calls.inbound(decode(InboundBody, await body()))
      return json(201, JSON.stringify(call))
    },

    "POST calls/live": async ({ exchange, body }) => {
      const call = await sending.live.open(decode(LiveBody, await body()), exchange.signal)
      return json(201, JSON.stringify(call))
    },
    "POST calls/live/:id": async ({ exchange, id, body }) =>
      sending.live.turn(id, decode(TurnBody, await body()).steps, exchange.signal),

    "GET webhook-secret": () => ({ secret: sending.webhookSecret }),
    "POST webhook-secret/rotate": async ({ body }) => {
      const options = decode(RotateInput, await body())
      return { secret: orBadRequest(() => sending.webhooks.rotateSecret(options)) }
    },
    "POST reset": () => reset()
  }
}
