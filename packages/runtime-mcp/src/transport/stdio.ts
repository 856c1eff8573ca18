/**
 * A server on standard input and output: what a client starts as a process of its own.
 *
 * @since 0.2.0
 */
import type { Readable, Writable } from "node:stream"
import * as McpServer from "effect/ai/McpServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import type { McpOptions } from "../guard/options.ts"
import { registrations } from "../server/registrations.ts"
import { about, logTo, runUntil } from "./about.ts"
import { messagesOf } from "./lines.ts"

/**
 * How a server on standard input and output is set up.
 *
 * @since 0.2.0
 * @category models
 */
export interface StdioOptions extends McpOptions {
  /** Default: the process's. */
  readonly stdin?: Readable | undefined
  /** Default: the process's. Gets messages of the protocol and nothing else. */
  readonly stdout?: Writable | undefined
  /** Ends the server, and what it has under way. */
  readonly signal?: AbortSignal | undefined
}

const write = (stdout: Writable, chunk: string | Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    // A reader that is gone is noticed by whoever watches the stream; there is nobody to tell here.
    stdout.write(chunk, () => resume(Effect.void))
  })

const stdioOf = (stdin: Readable, stdout: Writable): Stdio.Stdio => {
  const messages = messagesOf(stdin.iterator({ destroyOnReturn: false }), (answer) => stdout.write(answer))
  return Stdio.make({
    args: Effect.succeed([]),
    stdin: Stream.orDie(Stream.fromAsyncIterable(messages, (cause) => cause)),
    stdout: () => Sink.forEach((chunk: string | Uint8Array) => write(stdout, chunk)),
    stderr: () => Sink.drain
  })
}

/**
 * Serves until the input ends, the reader of the output is gone, or the signal fires.
 *
 * **Gotchas**
 *
 * Nothing else may be written to the output meanwhile: one stray line breaks the protocol.
 *
 * @since 0.2.0
 * @category servers
 */
export const serveStdio = async (options: StdioOptions): Promise<void> => {
  const { stdin = process.stdin, stdout = process.stdout, signal, ...rest } = options
  const gone = new AbortController()
  const stop = () => gone.abort()
  stdout.on("error", stop)
  stdout.once("close", stop)
  const server = McpServer.layerStdio({ ...about, registrations: registrations(rest) }).pipe(
    Layer.provide(Layer.succeed(Stdio.Stdio, stdioOf(stdin, stdout))),
    Layer.provideMerge(logTo(rest.note))
  )
  try {
    await runUntil(Layer.launch(server), signal === undefined ? gone.signal : AbortSignal.any([signal, gone.signal]))
  } finally {
    stdout.removeListener("close", stop)
    // Nobody reads on: an input that stays open would keep the process.
    if (options.stdin === undefined) process.stdin.destroy()
  }
}
