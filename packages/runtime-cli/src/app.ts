/**
 * The tree of commands.
 */
import * as Command from "effect/cli/Command"
import { globalFlags } from "./cli/globals.ts"
import { completions } from "./commands/completions.ts"
import { config } from "./config/commands.ts"
import { callCommand, local } from "./local/command.ts"
import { doctorCommand } from "./doctor/command.ts"
import { inbox } from "./inbox/commands.ts"
import { initCommand } from "./init/command.ts"
import { migrate } from "./migrate/commands.ts"
import { mcp } from "./mcp/command.ts"
import { resourceCommands } from "./resources/commands.ts"
import { webhooks } from "./webhooks/commands.ts"

/** Builds the tree. */
export const makeApp = () => {
  let tree: Command.Command.Any | undefined
  const root = Command.make("aywa-runtime").pipe(
    Command.withDescription(
      "The command line of a self-operated Aywa runtime: local runtime, production checklist, resources, config as code, webhooks, agents, migration."
    ),
    Command.withSubcommands([
      { group: "Development", commands: [local, callCommand, initCommand, doctorCommand] },
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
