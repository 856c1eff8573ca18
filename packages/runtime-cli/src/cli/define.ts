/**
 * How commands are declared: what they take, examples, and a plain async function that does the work.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { type Run, within } from "../core/session.ts"
import { stop } from "../core/stop.ts"
import { globals } from "./globals.ts"

export * from "./flags.ts"

/** Whatever a command failed with, on its way to the exit code. */
export class Failed {
  readonly _tag = "Failed"
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

/** A command that did its work and says with its exit code what came of it. */
export class Exited {
  readonly _tag = "Exited"
  readonly exitCode: number
  constructor(exitCode: number) {
    this.exitCode = exitCode
  }
}

/** An invocation for the help, without `aywa-runtime`, and what it does. */
export type Example = readonly [command: string, description: string]

interface Described<Name extends string> {
  readonly name: Name
  /** One line; more may follow after an empty one. */
  readonly description: string
  readonly examples: ReadonlyArray<Example>
}

/** A command that does something. */
export const leaf = <const Name extends string, const Config extends Command.Command.Config>(
  options: Described<Name> & {
    readonly config: Config
    readonly run: Run<Command.Command.Config.Infer<Config>>
  }
) =>
  Command.make(options.name, options.config, (input) =>
    Effect.gen(function* () {
      const flags = yield* globals
      const code = yield* Effect.tryPromise({
        // Not the fiber's signal: a command that is stopped is waited for, so that nothing stays half written.
        try: () => within(flags, stop.signal, (session) => options.run(input, session)),
        catch: (error) => new Failed(error)
      })
      if (typeof code === "number" && code !== 0) return yield* Effect.fail(new Exited(code))
    })
  ).pipe(
    Command.withDescription(options.description),
    Command.withShortDescription(firstLine(options.description)),
    withExamples(options)
  )

/** A command that only has commands below it. */
export const branch = <const Name extends string, const Commands extends ReadonlyArray<Command.Command.Any>>(
  options: Described<Name> & { readonly commands: Commands }
) =>
  Command.make(options.name).pipe(
    Command.withSubcommands(options.commands),
    Command.withDescription(options.description),
    Command.withShortDescription(firstLine(options.description)),
    withExamples(options)
  )

const firstLine = (text: string) => text.split("\n")[0] ?? text

const withExamples = ({ examples }: { readonly examples: ReadonlyArray<Example> }) =>
  Command.withExamples(examples.map(([command, description]) => ({ command: `aywa-runtime ${command}`, description })))
