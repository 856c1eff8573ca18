/**
 * The actions that a fault can take, as data: rules come from tests, from the control API and from headers.
 */
import * as Schema from "effect/Schema"

const positive = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
/** What a timer can wait. */
const milliseconds = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2_147_483_647 }))
/** Milliseconds that a fault may keep everybody out, or a client waiting for an answer that does not come. */
export const longestOutage = 60_000
const shortMillis = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: longestOutage }))
const status = Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))
const action = <const Type extends string, const Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ type: Schema.Literal(type), ...fields })

/**
 * What a fault does.
 *
 * - `latency`: waits; with `sigma` the wait is log-normal around `ms`.
 * - `hold`: keeps the request running, and its idempotency key in flight, for `ms` before the work.
 * - `stall`: the headers, then nothing, for `ms` (default and at most 60,000); then the connection ends.
 * - `status`: an error answer; `html`: a gateway's error page.
 * - `reset`: TCP RST; `close`: TCP FIN without an answer; `refuse`: closes the listener for `ms` (at most 60,000),
 *   connections with it.
 * - `truncate`: ends within the announced length; `chunk-cut`: ends within a chunked body; `malformed-chunk`;
 *   `bad-gzip`.
 * - `dribble`: the answer, slowly; `duplicate-headers`; `redirect`.
 * - `invalid-json`, `unknown-enum`, `extra-fields`, `missing-field`, `empty`: another body.
 *
 * And of a webhook that the runtime sends:
 *
 * - `drop`: lost on its way; `duplicate`: sent twice; `reorder`: held until another was delivered, or for `ms`
 *   (default 500); `delay`: held for `ms`.
 * - `bad-signature`: signed with another secret; `old-timestamp`: signed `seconds` ago (default 600), and truly so;
 *   `skew`: signed by a clock that is `seconds` ahead (default 600; negative is behind).
 */
export const FaultAction = Schema.Union([
  action("latency", { ms: milliseconds, sigma: Schema.optional(positive) }),
  action("hold", { ms: milliseconds }),
  action("stall", { ms: Schema.optional(shortMillis) }),
  action("status", {
    code: status,
    body: Schema.optional(Schema.Unknown),
    retryAfter: Schema.optional(Schema.Union([Schema.Finite, Schema.String])),
    headers: Schema.optional(Schema.Record(Schema.String, Schema.String))
  }),
  action("html", { code: Schema.optional(status) }),
  action("reset", {}),
  action("close", {}),
  action("truncate", {}),
  action("chunk-cut", {}),
  action("malformed-chunk", {}),
  action("bad-gzip", {}),
  action("dribble", { bytesPerSecond: Schema.Finite.check(Schema.isGreaterThan(0)) }),
  action("duplicate-headers", {}),
  action("redirect", { to: Schema.String, code: Schema.optional(status) }),
  action("refuse", { ms: shortMillis }),
  action("invalid-json", {}),
  action("unknown-enum", {}),
  action("extra-fields", {}),
  action("missing-field", { field: Schema.optional(Schema.String) }),
  action("empty", {}),
  action("drop", {}),
  action("duplicate", {}),
  action("reorder", { ms: Schema.optional(milliseconds) }),
  action("delay", { ms: milliseconds }),
  action("bad-signature", {}),
  action("old-timestamp", { seconds: Schema.optional(positive) }),
  action("skew", { seconds: Schema.optional(Schema.Finite) })
])

/** The names of the actions. */
export const actionNames: ReadonlyArray<string> = FaultAction.members.map((member) => member.fields.type.literal)

/** What a fault does. */
export type FaultAction = typeof FaultAction.Type

/** The actions that hit the webhooks that the runtime sends, and never a request to it. */
export const webhookActions: ReadonlySet<string> = new Set([
  "drop",
  "duplicate",
  "reorder",
  "delay",
  "bad-signature",
  "old-timestamp",
  "skew"
])

/** The actions that can be named without parameters. */
export type BareAction = Exclude<
  FaultAction["type"],
  "latency" | "hold" | "status" | "dribble" | "redirect" | "refuse" | "delay"
>

/** An action, or just its name. */
export type FaultInput = FaultAction | BareAction

const bareNames = [
  "stall",
  "html",
  "reset",
  "close",
  "truncate",
  "chunk-cut",
  "malformed-chunk",
  "bad-gzip",
  "duplicate-headers",
  "invalid-json",
  "unknown-enum",
  "extra-fields",
  "missing-field",
  "empty",
  "drop",
  "duplicate",
  "reorder",
  "bad-signature",
  "old-timestamp",
  "skew"
] as const satisfies ReadonlyArray<BareAction>

const input = Schema.Union([Schema.Literals(bareNames), FaultAction])

/** A rule as it comes from outside. */
export const RuleInput = Schema.Struct({
  id: Schema.optional(Schema.String),
  match: Schema.optional(
    Schema.Struct({
      method: Schema.optional(Schema.String),
      path: Schema.optional(Schema.String),
      key: Schema.optional(Schema.String),
      bodyPath: Schema.optional(Schema.String),
      attempt: Schema.optional(Schema.Finite),
      event: Schema.optional(Schema.String)
    })
  ),
  action: Schema.optional(input),
  sequence: Schema.optional(Schema.Array(Schema.Union([Schema.Literal("pass"), input])).check(Schema.isMinLength(1))),
  repeat: Schema.optional(Schema.Boolean),
  when: Schema.optional(Schema.Literals(["before", "after"])),
  skip: Schema.optional(positive),
  times: Schema.optional(positive),
  from: Schema.optional(positive),
  until: Schema.optional(positive),
  probability: Schema.optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  seed: Schema.optional(Schema.Finite)
})
