/**
 * The request body exactly as it was received.
 *
 * @since 0.1.0
 */
import { fail, guarded } from "./WebhookVerificationError.ts"

/**
 * A body as received: text or bytes, never a parsed object.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookBody = string | ArrayBuffer | ArrayBufferView

/**
 * What is hashed: a string, or a view of the caller's bytes.
 *
 * @since 0.1.0
 * @category models
 */
export type RawBody = string | Uint8Array

/** Checks a limit of bytes: a body must not be read without one. */
export const maxBytesOf = (limit = 10 * 1024 * 1024): number =>
  Number.isSafeInteger(limit) && limit >= 0
    ? limit
    : fail({ _tag: "InvalidOptions", option: "maxBodyBytes", detail: "must be a whole number of bytes." })

const advice =
  'pass the bytes as received. Express: express.raw({ type: "*/*", limit: "10mb" }) on this route. Fastify: addContentTypeParser with parseAs "buffer" and a bodyLimit. Next: await request.text(). Nest: rawBody: true and request.rawBody. Lambda: decode event.body when isBase64Encoded.'

/** Turns a body into what is hashed, without copying bytes. */
export const rawBody = (body: unknown, maxBytes: number): RawBody => {
  const raw = toRaw(body)
  if (typeof raw === "string") {
    if (raw.length > maxBytes || (raw.length * 3 > maxBytes && Buffer.byteLength(raw) > maxBytes)) tooLarge(maxBytes)
    if (!raw.isWellFormed()) fail({ _tag: "InvalidBody", detail: "the string holds a lone surrogate; pass the bytes." })
  } else if (raw.byteLength > maxBytes) tooLarge(maxBytes)
  return raw
}

const tooLarge = (limit: number): never => fail({ _tag: "BodyTooLarge", limit })

const toRaw = (body: unknown): RawBody => {
  if (typeof body === "string") return body
  return guarded({ _tag: "InvalidBody", detail: "the buffer is detached, or threw while it was read." }, () => {
    // A proxy of bytes is no view: nothing can hash it.
    if (ArrayBuffer.isView(body)) {
      return body instanceof Uint8Array ? body : new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
    }
    if (body instanceof ArrayBuffer) return new Uint8Array(body)
    const what = body === null || body === undefined ? "it is missing" : `it is ${kindOf(body)}`
    return fail({ _tag: "InvalidBody", detail: `${what}; ${advice}` })
  })
}

const kindOf = (body: unknown): string => {
  if (typeof body !== "object" || body === null) return `a ${typeof body}`
  return "getReader" in body || "pipe" in body ? "a stream" : "an object that was already parsed"
}
