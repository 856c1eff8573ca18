/**
 * The `migrate numbers` commands: where phone numbers lead.
 */
import * as Flag from "effect/cli/Flag"
import { branch, leaf, required, text, texts } from "../cli/define.ts"

const common = {
  table: required(
    "table",
    "FILE",
    "The table: number, today's routing, the runtime's. It alone knows the way back"
  ).pipe(Flag.withDefault("./numbers.json")),
  api: text("api", "URL", "Address of the carrier's API; better set as TWILIO_API_URL. Credentials are sent there")
}

const credentials =
  "Twilio: TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and TWILIO_API_SECRET. There is no default for its address (TWILIO_API_URL)."

const plan = leaf({
  name: "plan",
  description: `Write the table of numbers: where each leads today, where it is to lead. Changes nothing.\n\n${credentials}\n\nExit code 1 when a number cannot be switched.`,
  examples: [
    ["migrate numbers plan --to-url https://runtime.example/twilio/inbound", "All Twilio numbers of the runtime"],
    ["migrate numbers plan --to-trunk TK0123 --number +14155550100", "One number, to a SIP trunk"]
  ],
  config: {
    ...common,
    number: texts("number", "E.164", "Only these; default: all of the runtime"),
    toUrl: text("to-url", "URL", "Webhook of the runtime for calls of this carrier"),
    fallbackUrl: text("fallback-url", "URL", "Where calls go when that fails; default: nowhere"),
    toTrunk: text("to-trunk", "SID", "A SIP trunk that leads to the runtime, TK…"),
    toApplication: text("to-application", "SID", "An application that leads to the runtime, AP…")
  },
  run: async (input, session) => (await import("./numbers.ts")).plan(input, session)
})

const switchAll = leaf({
  name: "switch",
  description:
    "Lead the numbers of the table to the runtime, once you said yes. Those that somebody led elsewhere since the plan stay.\n\nExit code 1 when a number does not lead there.",
  examples: [["migrate numbers switch", "Shows them, then asks"]],
  config: common,
  run: async (input, session) => (await import("./numbers.ts")).switchAll(input, session)
})

const verify = leaf({
  name: "verify",
  description: "Check that every number of the table leads to the runtime, and has somebody there who answers.",
  examples: [["migrate numbers verify", "Reads only; exit code 1 when not"]],
  config: common,
  run: async (input, session) => (await import("./numbers.ts")).verify(input, session)
})

const back = leaf({
  name: "back",
  description: "Lead the numbers of the table to where they led before, once you said yes.",
  examples: [["migrate numbers back", "Shows them, then asks"]],
  config: common,
  run: async (input, session) => (await import("./numbers.ts")).back(input, session)
})

/** The group. */
export const numbers = branch({
  name: "numbers",
  description: "Lead phone numbers to the runtime at their carrier, and back.",
  examples: [
    ["migrate numbers plan --to-url https://runtime.example/twilio/inbound", "Where each leads, and is to lead"],
    ["migrate numbers switch", "Asks first"],
    ["migrate numbers back", "All as it was"]
  ],
  commands: [plan, switchAll, verify, back]
})
