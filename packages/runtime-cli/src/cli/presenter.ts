/**
 * What effect/cli has to say: help to stdout, wrong arguments to stderr in one paragraph. It speaks before settings
 * are parsed, so whether errors are JSON is read from the raw arguments.
 */
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { nearestName } from "@aywa-ai/runtime-sdk/contract"
import type { ExplainedError } from "../core/explain.ts"
import { exitCodes } from "../core/failure.ts"
import { globalNames } from "./globals.ts"

/** Where the presenter writes. */
export interface PresenterOptions {
  readonly help: (text: string) => void
  readonly error: (error: ExplainedError) => void
  readonly colors: boolean
}

/** Makes the presenter. */
export const makePresenter = (options: PresenterOptions): CliOutput.Presenter => {
  const formatter = CliOutput.defaultFormatter({ colors: options.colors })
  return {
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") options.help(helpText(formatter, event.helpDoc))
        else if (event._tag === "Version") options.help(event.version)
        else options.error(usageError(event))
      })
  }
}

/** With every paragraph of the description indented, and a line between commands and examples. */
const helpText = (formatter: CliOutput.Formatter, help: HelpDoc): string =>
  formatter
    .formatHelpDoc({ ...help, description: help.description.replace(/\n(?=\S)/g, "\n  ") })
    .replace(/([^\n])\n(\S*EXAMPLES)/, "$1\n\n$2")

const usageError = (event: CliOutput.Presenter.InvalidInvocation): ExplainedError => {
  const command = event.commandPath.join(" ")
  return {
    code: "usage",
    message: relevant(event.errors)
      .map((error) => describe(error, event.helpDoc, command))
      .join(" "),
    hint: `See ${command} --help.`,
    exitCode: exitCodes.usage
  }
}

/** After a flag that is not known, a word that is no command may be its value: a secret, perhaps. */
const relevant = (errors: CliOutput.Presenter.InvalidInvocation["errors"]) =>
  errors.some(({ _tag }) => _tag === "UnrecognizedOption")
    ? errors.filter(({ _tag }) => _tag !== "UnknownSubcommand")
    : errors

/** What to say about one thing that is wrong. A value of a flag is never repeated: it may be a secret. */
const describe = (error: CliError.NonShowHelpErrors, help: HelpDoc, command: string): string => {
  switch (error._tag) {
    case "UnrecognizedOption": {
      const own = help.flags.map(({ name }) => name)
      const suggestion = nearestName(error.option.replace(/^-+/, ""), [...own, ...globalNames])
      return `${command} has no flag ${error.option}.${suggestion === undefined ? "" : ` Did you mean --${suggestion}?`}`
    }
    case "UnknownSubcommand": {
      const names = (help.subcommands ?? []).flatMap((group) => group.commands.map(({ name }) => name))
      const suggestion = error.suggestions[0] ?? nearestName(error.subcommand, names)
      return `${command} has no command ${error.subcommand}.${suggestion === undefined ? ` There are: ${names.join(", ")}.` : ` Did you mean ${suggestion}?`}`
    }
    case "MissingOption":
      return `--${error.option} is missing.`
    case "MissingArgument":
      return `<${error.argument}> is missing.`
    case "InvalidValue":
      return `${error.kind === "flag" ? `--${error.option}` : `<${error.option}>`}: ${expectation(error.expected)}`
    case "UnexpectedArgument":
      return `${command} takes no more arguments (${error.arguments.length} too many).`
    default:
      return `${error.message}.`.replace(/\.\.$/, ".")
  }
}

const expectation = (expected: string) => {
  const text = expected.replace(/^Expected:? /, "").replace(/,? (got|received|but).*$/i, "")
  return `expected ${text}.`.replace(/\.\.$/, ".")
}
