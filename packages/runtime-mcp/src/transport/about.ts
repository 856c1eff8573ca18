/**
 * What a server says about itself, and the versions of the protocol that it speaks: newest first.
 */
import * as McpProtocol from "effect/ai/McpProtocol"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { instructions } from "../server/registrations.ts"
import { version } from "./version.ts"

/** Name, version, instructions, protocols. */
export const about = {
  name: "aywa-runtime",
  version,
  instructions,
  protocols: [
    McpProtocol.v2026_07_28,
    McpProtocol.v2025_11_25,
    McpProtocol.v2025_06_18,
    McpProtocol.v2025_03_26,
    McpProtocol.v2024_11_05
  ]
} as const

/** What the library logs goes where notes go: its own logger would write into the protocol. */
export const logTo = (note: ((line: string) => void) | undefined): Layer.Layer<never> =>
  Logger.layer([Logger.make(({ logLevel, message }) => note?.(`${logLevel}: ${words(message)}`))])

const words = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part: unknown) => (typeof part === "string" ? part : part instanceof Error ? part.message : "(value)"))
    .join(" ")

/** Runs a program until it ends, or until a signal fires; being stopped is no failure. */
export const runUntil = (program: Effect.Effect<unknown, unknown>, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const fiber = Effect.runFork(Effect.exit(Effect.scoped(Effect.interruptible(program))))
    const stop = () => fiber.interruptUnsafe()
    if (signal?.aborted === true) stop()
    signal?.addEventListener("abort", stop, { once: true })
    fiber.addObserver((exit) => {
      signal?.removeEventListener("abort", stop)
      const inner = exit._tag === "Success" ? exit.value : exit
      if (inner._tag === "Success" || inner.cause.reasons.every(({ _tag }) => _tag === "Interrupt")) return resolve()
      const [reason] = inner.cause.reasons
      reject(reason?._tag === "Fail" ? reason.error : reason?._tag === "Die" ? reason.defect : new Error("stopped"))
    })
  })
