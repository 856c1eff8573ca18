/**
 * `mcp`: the runtime for coding agents. What runs is loaded only then.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { choice, flag, integer, leaf, number, required, text } from "../cli/define.ts"

const allowed = {
  allow: choice("allow", ["read", "write", "all"], "What an agent may do; default read. all also deletes"),
  "allow-calls": flag("allow-calls", "Calls may be placed, each after a person's confirmation in the client"),
  tools: choice("tools", ["compact", "full"], "At most 14 tools, the default, or one per operation"),
  resources: text("resources", "A,B", "Only these resources of the contract, such as assistants,tools"),
  local: flag("local", "Starts a local runtime in this process, with tools to trigger, script, break and move time"),
  db: text("db", "FILE", "With --local: an SQLite file, kept over restarts; default: in memory"),
  "show-numbers": flag("show-numbers", "Shows telephone numbers whole, not their last two digits"),
  "writes-per-second": number("writes-per-second", "N", "Default 5"),
  "writes-per-session": integer("writes-per-session", "N", "From start to end; default 100"),
  "config-dir": required("config-dir", "FOLDER", "Config as code, when aywa.yaml is there; default aywa").pipe(
    Flag.withDefault("aywa")
  ),
  "config-env": text("config-env", "NAME", "Its environment; may be left out when there is one only")
}

const config = leaf({
  name: "config",
  description: "Print what to paste into a client, so that it starts the server with the flags that are given here.",
  examples: [
    ["mcp config claude --env .env.aywa", "Reads; the key stays in the file"],
    ["mcp config cursor --allow write --local", "A local runtime to try things on"]
  ],
  config: {
    ...allowed,
    client: Argument.Literals("client", ["claude", "cursor", "vscode", "codex"]).pipe(
      Argument.withDescription("Whose file")
    )
  },
  run: async (input, session) => (await import("./setup.ts")).printConfig(input, session)
})

const skill = leaf({
  name: "skill",
  description: "Write a SKILL.md for agents that work in a shell: commands, rules, exit codes.",
  examples: [["mcp skill", "Into .claude/skills/aywa-runtime"]],
  config: {
    dir: required("dir", "FOLDER", "The folder of skills; default .claude/skills").pipe(
      Flag.withDefault(".claude/skills")
    )
  },
  run: async (input, session) => (await import("./setup.ts")).writeSkill(input, session)
})

/** The command. */
export const mcp = leaf({
  name: "mcp",
  description:
    "Serve the runtime to coding agents over MCP: on standard input and output, or on a port of this machine.\n\nReads by default. Creates need a key, changes show their difference first, deletes repeat the id, calls need a person's yes.",
  examples: [
    ["mcp --env .env.aywa", "A client starts this; aywa-runtime mcp config prints what it needs"],
    ["mcp --allow write --local", "A local runtime, to try a handler end to end"],
    ["mcp --http 4020", "On 127.0.0.1:4020, behind a token that is printed once"]
  ],
  config: {
    ...allowed,
    http: integer("http", "PORT", "Serves HTTP on this port of loopback; 0 is any free one"),
    token: text(
      "token",
      "TOKEN",
      "With --http: what clients send. Better set as AYWA_RUNTIME_MCP_TOKEN; default: a random one"
    )
  },
  run: async (input, session) => (await import("./run.ts")).serve(input, session)
}).pipe(Command.withSubcommands([config, skill]))
