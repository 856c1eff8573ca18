/**
 * The command `init`.
 */
import { choice, flag, leaf } from "../cli/define.ts"
import { frameworks } from "./templates.ts"

/** The command. */
export const initCommand = leaf({
  name: "init",
  description:
    "Write a webhook handler, a tool and a test into a project that is there.\n\nShows every file first, asks, and never overwrites one. The framework is read from package.json.",
  examples: [
    ["init", "In a project with Next, Nest, Hono, Express, or types of AWS Lambda"],
    ["init --framework express --dry-run", "Show what would be written"]
  ],
  config: {
    framework: choice("framework", frameworks, "Which framework; default: the one in package.json"),
    dryRun: flag("dry-run", "Shows what would be written, and writes nothing")
  },
  run: async (input, session) => (await import("./init.ts")).init(input, session)
})
