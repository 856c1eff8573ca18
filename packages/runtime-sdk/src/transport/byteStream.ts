/**
 * Content on its way: pieces as they come, typed errors, and a limit on how long the next piece may take.
 */
import type { RuntimeError } from "../errors/Errors.ts"
import { longestTimer } from "./direct.ts"
import { WireFailure } from "./port.ts"

/** A body that is being read. */
export class ByteStream implements AsyncIterableIterator<Uint8Array> {
  private readonly chunks: AsyncIterator<Uint8Array>
  private readonly idle: number | undefined
  private readonly toError: (failure: WireFailure | "idle") => RuntimeError
  private failed: { readonly error: unknown } | undefined
  private reject: ((error: unknown) => void) | undefined

  constructor(
    chunks: AsyncIterator<Uint8Array>,
    /** Milliseconds that the next piece may take. */
    idle: number | undefined,
    toError: (failure: WireFailure | "idle") => RuntimeError
  ) {
    this.chunks = chunks
    this.idle = idle
    this.toError = toError
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.failed !== undefined) return Promise.reject(this.failed.error)
    return new Promise((resolve, reject) => {
      const timer =
        this.idle === undefined || this.idle > longestTimer
          ? undefined
          : setTimeout(() => this.fail(this.toError("idle")), this.idle)
      const settle = () => {
        clearTimeout(timer)
        this.reject = undefined
      }
      this.reject = (error) => {
        settle()
        reject(error)
      }
      this.chunks.next().then(
        (result) => {
          settle()
          return resolve(result)
        },
        (error: unknown) => this.fail(error instanceof WireFailure ? this.toError(error) : error)
      )
    })
  }

  /** Closes the connection; whoever waits for a piece gets the error. */
  fail(error: unknown): void {
    if (this.failed !== undefined) return
    this.failed = { error }
    const { reject } = this
    void this.chunks.return?.()
    reject?.(error)
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    void this.chunks.return?.()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
