/** The rows of the case table that can travel over HTTP, recorded while the table runs. */
import { inputs } from "../cases/inputs.ts"
import { legacy } from "../cases/legacy.ts"
import { payloads } from "../cases/payloads.ts"
import { signatures } from "../cases/signatures.ts"
import { recording } from "../support/delivery.ts"
import type { WebhookReceiverOptions } from "../../../src/webhooks/handlers.ts"

export interface Attack {
  readonly row: number
  readonly name: string
  readonly options: WebhookReceiverOptions
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: string | Uint8Array
}

/** Header values as HTTP carries them. */
const isCarried = (value: unknown): value is string =>
  typeof value === "string" && /^[\t -~]*$/.test(value) && value === value.trim()

/** The headers as pairs; undefined when they are none that HTTP could carry. */
const pairsOf = (headers: unknown): ReadonlyArray<readonly [string, string]> | undefined => {
  try {
    return readPairs(headers)
  } catch {
    return undefined
  }
}

const readPairs = (headers: unknown): ReadonlyArray<readonly [string, string]> | undefined => {
  if (typeof headers !== "object" || headers === null) return undefined
  const entries: ReadonlyArray<readonly [string, unknown]> =
    Symbol.iterator in headers
      ? [...(headers as Iterable<readonly [string, unknown]>)].map(([name, value]) => [name, value])
      : Object.keys(headers).map((key) => [key, Reflect.get(headers, key)])
  const pairs = entries.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one: unknown) => [name, one] as const)
  )
  return pairs.every(([name, value]) => /^[\w-]+$/.test(name) && isCarried(value))
    ? (pairs as ReadonlyArray<readonly [string, string]>)
    : undefined
}

/** A body as the bytes of HTTP; undefined where it is none. */
const bytesOf = (body: unknown): string | Uint8Array | undefined => {
  if (typeof body === "string") return body.isWellFormed() ? body : undefined
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  return ArrayBuffer.isView(body) ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength) : undefined
}

/** Rows that no request can be made of. */
export const atHome: Readonly<Record<number, string>> = {
  28: "a header with a character that HTTP does not carry",
  36: "a header that is a number",
  45: "a body that was parsed: each framework has tests of its own",
  60: "the same request twice, to one inbox",
  64: "a property of all rows",
  65: "a property of all rows"
}

/** Runs the table, and gives what of it can be sent. */
export const recordAttacks = async (): Promise<ReadonlyArray<Attack>> => {
  const attacks: Array<Attack> = []
  for (const { row, name, run } of [...inputs, ...signatures, ...payloads, ...legacy]) {
    recording.list = []
    await run()
    for (const { body, headers, secret, scheme, toleranceSeconds, now, maxBodyBytes } of recording.list) {
      const pairs = pairsOf(headers)
      const bytes = bytesOf(body)
      if (pairs === undefined || bytes === undefined) continue
      // Node takes the first of several, where fetch's Headers joins them.
      if (pairs.filter(([header]) => header.toLowerCase() === "authorization").length > 1) continue
      const given = { secret, scheme, toleranceSeconds, now, maxBodyBytes }
      const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      attacks.push({ row, name, options, headers: pairs, body: bytes })
    }
  }
  recording.list = undefined
  return attacks
}
