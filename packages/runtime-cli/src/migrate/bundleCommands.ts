/**
 * `migrate import`: the side of the runtime.
 */
import { argument, leaf, text } from "../cli/define.ts"

const importBundle = leaf({
  name: "import",
  description:
    "Import a bundle into the runtime. Importing the same bundle again changes nothing; interrupted, run it again.",
  examples: [["migrate import bundle.json", "A vapi export"]],
  config: {
    bundle: argument("bundle", "JSON file with lists of rows: assistants, tools, phoneNumbers, …"),
    source: text("source", "NAME", "Names the source account; default vapi")
  },
  run: async (input, session) => (await import("./bundle.ts")).runBundle(input, session)
})

/** The commands of this file. */
export const bundleCommands = [importBundle] as const
