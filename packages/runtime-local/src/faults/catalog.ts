/**
 * The actions of faults for whoever chooses one: what each does, in a line, and an action to begin with.
 */
import { type FaultAction, webhookActions } from "./schemas.ts"

/** An action to choose. */
export interface FaultKind {
  readonly type: FaultAction["type"]
  /** Whether it hits the webhooks that the runtime sends, and not the requests to it. */
  readonly webhook: boolean
  readonly description: string
  /** The action with parameters that show something. */
  readonly action: FaultAction
}

const kinds: { readonly [Type in FaultAction["type"]]: readonly [string, Omit<FaultAction & { type: Type }, "type">] } =
  {
    reset: ["The connection is reset (TCP RST).", {}],
    close: ["The connection ends without an answer.", {}],
    status: ["An error answer: 503, Retry-After 1.", { code: 503, retryAfter: 1 }],
    html: ["A gateway's error page in place of JSON.", {}],
    latency: ["Half a second of waiting.", { ms: 500 }],
    hold: ["The request runs for two seconds, and keeps its key in flight.", { ms: 2000 }],
    stall: ["Headers, then nothing.", { ms: 10_000 }],
    refuse: ["The listener is closed for two seconds.", { ms: 2000 }],
    truncate: ["The answer ends within its announced length.", {}],
    "chunk-cut": ["The answer ends within a chunk.", {}],
    "malformed-chunk": ["A chunk whose length is no number.", {}],
    "bad-gzip": ["It says gzip, and is none.", {}],
    dribble: ["The answer comes at 64 bytes a second.", { bytesPerSecond: 64 }],
    "duplicate-headers": ["Headers are there twice.", {}],
    redirect: ["A redirect to elsewhere on this runtime.", { to: "/health" }],
    "invalid-json": ["A body that is no JSON.", {}],
    "unknown-enum": ["A value of an enum that nobody knows.", {}],
    "extra-fields": ["Fields that nobody knows.", {}],
    "missing-field": ["A field that must be there is not.", {}],
    empty: ["No body.", {}],
    drop: ["It is lost on its way.", {}],
    duplicate: ["It is sent twice, under one id.", {}],
    reorder: ["It is held until another one was delivered.", {}],
    delay: ["It is held for two seconds.", { ms: 2000 }],
    "bad-signature": ["It is signed with another secret.", {}],
    "old-timestamp": ["It was signed ten minutes ago.", {}],
    skew: ["It is signed by a clock that is ten minutes ahead.", {}]
  }

/** The actions in the order in which they are offered. */
export const faultKinds: ReadonlyArray<FaultKind> = Object.entries(kinds).map(([name, [description, rest]]) => {
  // The table has a row for each type, and the parameters of that type beside it.
  const action = { type: name, ...rest } as FaultAction
  return { type: action.type, webhook: webhookActions.has(name), description, action }
})
