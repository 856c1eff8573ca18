/**
 * A line on stderr per call, for `--debug`: operation, attempts, status, milliseconds, request id.
 */
import type { Trace } from "@aywa-ai/runtime-sdk"
import type { Output } from "./output.ts"

/** The hook of the client that writes them. */
export const requestLog =
  (out: Output): Trace =>
  ({ operation, method, path }) => {
    const began = performance.now()
    let last = "no answer"
    let attempts = 0
    return {
      attempt: () => {
        attempts++
        return {
          end: ({ status, requestId, error }) => {
            last = [status, error, requestId].filter((part) => part !== undefined).join(" ")
          }
        }
      },
      end: () => {
        const ms = Math.round(performance.now() - began)
        out.note(
          `${operation} ${method} ${path} -> ${last} (${attempts} attempt${attempts === 1 ? "" : "s"}, ${ms} ms)`
        )
      }
    }
  }
