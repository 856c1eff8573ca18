/**
 * stdout and stderr that take everything, or are known to have failed. Node writes to a file or a device with one call
 * per chunk and forgets what the system did not take of it: a full disk or a limit on file sizes would cut output off
 * in silence.
 */
import { writeSync } from "node:fs"
import { Socket } from "node:net"
import { Writable } from "node:stream"

type Name = "stdout" | "stderr"

/** An output that is not whole. */
export interface OutputFailure {
  readonly stream: Name
  /** The system's code, such as `ENOSPC`. */
  readonly code: string
}

/** What is to happen when an output ends before its time. */
export interface OutputWatch {
  /** The reader has seen enough, or its terminal was closed. */
  readonly onReaderGone: (stream: Name) => void
  readonly onFailure: (failure: OutputFailure) => void
}

const names: Readonly<Record<Name, number>> = { stdout: 1, stderr: 2 }
const failures = new Map<Name, OutputFailure>()

/** What could not be written until now; stdout first. */
export const outputFailure = (): OutputFailure | undefined => failures.get("stdout") ?? failures.get("stderr")

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error)

/** A file or a device, written until all of a chunk is there. */
class WholeWrites extends Writable {
  readonly fd: number
  readonly #name: Name

  constructor(name: Name) {
    super()
    this.fd = names[name]
    this.#name = name
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      for (let at = 0; at < chunk.length;) at += writeSync(this.fd, chunk, at)
      done()
    } catch (error) {
      // Known at once: a process that ends now would not see the event.
      failures.set(this.#name, { stream: this.#name, code: codeOf(error) })
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

/** A closed pipe says EPIPE, a closed socket ECONNRESET, and a closed terminal EIO. */
const isReaderGone = (stream: NodeJS.WriteStream, code: string): boolean =>
  code === "EPIPE" || code === "ECONNRESET" || (code === "EIO" && stream.isTTY)

const watch = (name: Name, on: OutputWatch): void => {
  // Pipes and terminals are sockets, which write everything.
  if (!(process[name] instanceof Socket)) {
    const whole = new WholeWrites(name)
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => whole })
  }
  process[name].on("error", (error) => {
    const code = codeOf(error)
    if (isReaderGone(process[name], code)) return on.onReaderGone(name)
    const failure = { stream: name, code }
    failures.set(name, failure)
    on.onFailure(failure)
  })
}

/** Watches both; to be called once, before anything is written. */
export const watchOutput = (on: OutputWatch): void => {
  watch("stdout", on)
  watch("stderr", on)
}
