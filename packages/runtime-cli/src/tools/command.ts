/**
 * `tools align`: what the runtime has of a toolkit's tools, and what it should have.
 */
import { flag, integer, leaf, required, text } from "../cli/define.ts"

/** The command; it stands beside the resource commands of `tools`. */
export const align = leaf({
  name: "align",
  description:
    "Compare a toolkit of yours with the tools of the runtime; exit with 1 when they differ.\n\nThe toolkit is a value that Toolkit.make of @aywa-ai/runtime-sdk/tools gave, exported by the module: the default export, or one called toolkit, or --export.",
  examples: [
    [
      "tools align --toolkit ./tools.ts --server-url https://app.example/webhooks",
      "In CI: does the runtime have what the code says?"
    ],
    ["tools align --toolkit ./tools.ts --server-url https://app.example/webhooks --apply --yes", "Make it so"]
  ],
  config: {
    toolkit: required("toolkit", "MODULE", "JavaScript or TypeScript module that exports the toolkit"),
    export: text("export", "NAME", "Name of the export; default: default, else toolkit, else the only one"),
    serverUrl: required("server-url", "URL", "Your tool-calls webhook, as the runtime reaches it"),
    timeoutSeconds: integer("tool-timeout", "SECONDS", "How long the runtime waits for a tool; default 20"),
    apply: flag("apply", "Writes the differences to the runtime, after asking"),
    removeExtra: flag("remove-extra", "With --apply: also deletes tools that the toolkit does not have")
  },
  run: async (input, session) => (await import("./align.ts")).alignToolkit(input, session)
})
