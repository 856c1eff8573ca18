/**
 * The tree of commands, and the program that runs one of them.
 */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import { globalFlags } from "./cli/globals.ts"
import { platform } from "./cli/platform.ts"
import { completions } from "./commands/completions.ts"
import { config } from "./config/commands.ts"
import { conformanceCommand } from "./conformance/commands.ts"
import { callCommand, local } from "./local/command.ts"
import { doctorCommand } from "./doctor/command.ts"
import { inbox } from "./inbox/commands.ts"
import { initCommand } from "./init/command.ts"
import { migrate } from "./migrate/commands.ts"
import { mcp } from "./mcp/command.ts"
import { resourceCommands } from "./resources/commands.ts"
import { version } from "./version.ts"
import { webhooks } from "./webhooks/commands.ts"

/** Builds the tree. */
export const makeApp = () => {
  let tree: Command.Command.Any | undefined
  const root = Command.make("aywa-runtime").pipe(
    Command.withDescription(
      "The command line of a self-operated Aywa runtime: local runtime, production checklist, resources, config as code, webhooks, agents, migration."
    ),
    Command.withSubcommands([
      { group: "Development", commands: [local, callCommand, initCommand, doctorCommand, conformanceCommand] },
      { group: "Resources", commands: resourceCommands() },
      { group: "Config as code", commands: [config] },
      { group: "Webhooks", commands: [webhooks, inbox] },
      { group: "Agents", commands: [mcp] },
      { group: "Migration", commands: [migrate] },
      { group: "Shell", commands: [completions(() => tree)] }
    ]),
    Command.withGlobalFlags(globalFlags)
  )
  tree = root
  return root
}

// `--log-level`, `--wizard` and effect/cli's own `--completions` are not ours.
const builtIns = [GlobalFlag.Help, GlobalFlag.Version]

/** The program of one command line. Help and wrong arguments go to the presenter. */
export const makeProgram = (args: ReadonlyArray<string>, presenter: CliOutput.Presenter) =>
  Command.runWith(makeApp(), { version })(args).pipe(
    Effect.provideService(CliConfig.CliConfig, CliConfig.make({ builtIns })),
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.provide(platform)
  )
