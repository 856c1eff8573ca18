/**
 * What a store takes of one delivery: beyond it a server cuts the connection, or a driver never gives it back. So it is
 * refused before it is sent.
 */
import { type Delivery, InboxError } from "./model.ts"

/** A limit, and how it is raised. */
export interface Limit {
  readonly bytes: number
  /** Whose it is, and what it does. */
  readonly rule: string
  readonly remedy: string
}

/** Of `proto-max-bulk-len`, one argument of a command. */
export const redisLimit = (bytes: number): Limit => ({
  bytes,
  rule: `this Redis takes ${bytes} (proto-max-bulk-len)`,
  remedy: "Run CONFIG SET proto-max-bulk-len 512mb"
})

/** What Redis takes unless it is told otherwise. */
export const redisDefault = 512 * 1024 * 1024

/** Rows have more than their body. */
const rest = 8192

/** Of `maxMessageSize` of `@effect/sql-pg`: what was stored would never be taken. */
export const pgLimit = (client: object): Limit | undefined => {
  const { config }: { readonly config?: unknown } = client
  if (typeof config !== "object" || config === null) return undefined
  const { maxMessageSize }: { readonly maxMessageSize?: unknown } = config
  const bytes = typeof maxMessageSize === "number" ? maxMessageSize : 16 * 1024 * 1024
  return {
    bytes: bytes - rest,
    rule: `PgClient reads rows of up to ${bytes} (maxMessageSize), so that it could never be handled`,
    remedy: "Give PgClient.layer a larger maxMessageSize"
  }
}

/** The refusal of a delivery that is beyond a limit. `sizeOf` is only asked for those that may be. */
export const beyond = (
  delivery: Delivery,
  { bytes, rule, remedy }: Limit,
  sizeOf: (delivery: Delivery) => number
): InboxError | undefined => {
  const { id, type, callId = "", body } = delivery
  // No character is written as more than six bytes.
  if (6 * (id.length + type.length + callId.length + body.length) + rest < bytes) return undefined
  const size = sizeOf(delivery)
  if (size <= bytes) return undefined
  return new InboxError(
    `Delivery ${id} has ${size} bytes, and ${rule}. ${remedy}, or the receiver a smaller maxBodyBytes. Answer 503: the runtime sends it again.`,
    undefined,
    "refusal"
  )
}
