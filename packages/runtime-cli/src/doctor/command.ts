/**
 * `doctor`: the production checklist.
 */
import { flag, leaf, text } from "../cli/define.ts"

/** The command. */
export const doctorCommand = leaf({
  name: "doctor",
  description:
    "Run the production checklist against your runtime.\n\nReads only, unless --write is given. Exit code 0: all is well; 1: there are warnings; 2: something failed.",
  examples: [
    ["doctor", "The runtime of AYWA_RUNTIME_BASE_URL"],
    ["doctor --env-file .env.production --write --client-dir dist/client", "Before a release"],
    ["doctor --webhook-url https://app.example/webhooks/aywa", "Does your handler verify what it gets?"],
    ["doctor --only net,auth --json", "A part of it, for programs"]
  ],
  config: {
    only: text("only", "A,B", "Only these groups (config, net, time, runtime, auth, …) or checks (net.tls)"),
    write: flag("write", "Also the checks that create something and delete it again"),
    clientDir: text("client-dir", "FOLDER", "Browser output, which must have neither the key nor the SDK in it"),
    webhookUrl: text(
      "webhook-url",
      "URL",
      "Your handler: gets a signed test event, and forged ones that it must refuse"
    ),
    profile: text("profile", "FILE", "What conformance --save wrote; else the file of AYWA_RUNTIME_PROFILE"),
    mapping: text("mapping", "FILE", "The mapping of an import: no source id of it may be left")
  },
  run: async (input, session) => (await import("./run.ts")).doctor(input, session)
})
