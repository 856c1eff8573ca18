/**
 * Connections that end under a step, or while nothing runs on them.
 */
import { fail, MigrationError } from "../errors/MigrationError.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** SQLSTATEs of a connection that failed or was ended by the server, and the codes of sockets and of `mysql2`. */
const codes = /^(08...|57P0[1-5]|E(CONNRESET|PIPE|CONNABORTED|TIMEDOUT)|PROTOCOL_CONNECTION_LOST|ER_SERVER_SHUTDOWN)$/

/** `pg` has no code for these. */
const words =
  /^(Connection terminated|Client has encountered a connection error|Can't add new command when connection is)/

const isLost = (error: unknown): error is Error =>
  error instanceof Error &&
  (codes.test(String(Reflect.get(error, "code"))) || words.test(error.message) || Reflect.get(error, "fatal") === true)

/** As much of an event emitter as is used. */
interface Emitter {
  readonly on: (event: "error", listener: (error: unknown) => void) => unknown
}

/**
 * Turns the end of a connection into a typed error of the next statement. `emitter` is what this package opened itself: an
 * `error` event that nobody listens to would end the process.
 */
export const typedLoss = (run: SqlDriver["run"], emitter?: Emitter): SqlDriver["run"] => {
  let lost: unknown
  emitter?.on("error", (error) => {
    lost ??= error
  })
  return async (sql, parameters) => {
    if (lost !== undefined) return fail({ _tag: "ConnectionLost", detail: wordsOf(lost) }, lost)
    try {
      return await run(sql, parameters)
    } catch (error) {
      throw lossOf(error) ?? error
    }
  }
}

/** The typed error of a connection that was lost; `undefined` for any other error. */
export const lossOf = (error: unknown): MigrationError | undefined =>
  isLost(error) ? new MigrationError({ _tag: "ConnectionLost", detail: wordsOf(error) }, { cause: error }) : undefined

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
