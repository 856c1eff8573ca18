/**
 * What a client tells of its attempts, a line each, for who looks for a fault: to the function that it is given, or to
 * the error output where the variable `AYWA_LOG` says `debug`. Paths are templates, and of the key there are its last
 * characters: no line has an id, a header or a body.
 */
import * as Redacted from "effect/Redacted"
import type { Trace } from "../call/Trace.ts"
import { quietly } from "../config/callbacks.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"

/** A hook that writes the lines; `undefined` when nobody reads them. */
export const logTrace = (log: Log | undefined, config: RuntimeConfig): Trace | undefined => {
  const write = log ?? logOfEnvironment()
  return write === undefined ? undefined : traceOf(write, keyOf(config))
}

type Log = (line: string) => void

const traceOf =
  (log: Log, key: string): Trace =>
  ({ operation, method, origin, path }) => ({
    attempt: (attempt) => {
      const begin = performance.now()
      return {
        end: ({ status, error, requestId }) => {
          const ending = [status, error].filter((word) => word !== undefined).join(" ")
          const request = requestId === undefined ? "" : `, request ${requestId}`
          const millis = Math.round(performance.now() - begin)
          const route = `${method} ${origin}${path}`
          quietly(() => log(`${operation} attempt ${attempt}: ${route} -> ${ending} in ${millis} ms${request}, ${key}`))
        }
      }
    }
  })

/** Enough of a long key to tell it from others. */
const keyOf = ({ apiKey }: RuntimeConfig): string => {
  if (!Redacted.isRedacted(apiKey)) return "key from a function"
  const key = Redacted.value(apiKey)
  return key.length < 16 ? "key ***" : `key ***${key.slice(-4)}`
}

const logOfEnvironment = (): Log | undefined => {
  let level: string | undefined
  try {
    level = globalThis.process?.env["AYWA_LOG"]
  } catch {
    // A platform may forbid to read the environment.
  }
  return level === "debug" ? (line) => globalThis.process.stderr.write(`aywa-runtime-sdk: ${line}\n`) : undefined
}
