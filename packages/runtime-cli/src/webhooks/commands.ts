/**
 * The `webhooks` commands.
 */
import { argument, branch, enabled, flag, integer, leaf, number, required, text, texts } from "../cli/define.ts"

const generate = leaf({
  name: "generate",
  description: "Print a new webhook secret, and nothing else.",
  examples: [["webhooks secret generate", "whsec_ and base64 of 32 random bytes"]],
  config: {},
  run: async (_, session) => (await import("./secret.ts")).generate(session)
})

const convert = leaf({
  name: "convert",
  description:
    "Print the whsec_ form of a secret that is plain text: the same key, as every Standard Webhooks library takes it.\n\nReads stdin, else AYWA_RUNTIME_WEBHOOK_SECRET. It is no argument: those are visible to other processes.",
  examples: [
    ["webhooks secret convert < secret.txt", "From a file"],
    ["webhooks secret convert --env-file .env", "From AYWA_RUNTIME_WEBHOOK_SECRET in a file"]
  ],
  config: {},
  run: async (_, session) => (await import("./secret.ts")).convert(session)
})

const secret = branch({
  name: "secret",
  description: "Make and convert webhook secrets.",
  examples: [["webhooks secret generate", "A new secret"]],
  commands: [generate, convert]
})

const verify = leaf({
  name: "verify",
  description:
    "Verify a stored request, offline; say why it fails.\n\nThe file is a request as text (header lines, an empty line, the body), or JSON with headers and body, or the body alone with --header. The secret is AYWA_RUNTIME_WEBHOOK_SECRET.",
  examples: [
    ["webhooks verify request.http --ignore-age", "Is the signature good?"],
    ["webhooks verify request.http --at 2026-01-31T09:00:00Z", "Would it have been accepted then?"],
    [
      "webhooks verify body.json --header 'webhook-id: evt_1' --header 'webhook-timestamp: 1769850000' --header 'webhook-signature: v1,…'",
      "Body and headers apart"
    ]
  ],
  config: {
    file: argument("file", "The stored request"),
    header: texts("header", "NAME: VALUE", "A header, for a file that is the body alone. May be repeated"),
    at: text("at", "TIME", "Judges the age as of this time: ISO 8601, or unix seconds"),
    tolerance: integer("tolerance", "SECONDS", "How far the times may be apart; default 300"),
    ignoreAge: flag("ignore-age", "Judges the signature alone")
  },
  run: async (input, session) => (await import("./verify.ts")).verify(input, session)
})

const sign = leaf({
  name: "sign",
  description:
    "Sign a body as the runtime does: print the headers, or write a whole request. For tests of your handler.",
  examples: [
    ["webhooks sign event.json", "The three headers"],
    ["webhooks sign event.json --output request.http", "A request that webhooks verify reads"]
  ],
  config: {
    file: argument("file", "The body"),
    id: text("id", "ID", "webhook-id; default: a new one"),
    at: text("at", "TIME", "When the attempt is made; default: now"),
    output: text("output", "FILE", "Writes headers and body here")
  },
  run: async (input, session) => (await import("./verify.ts")).sign(input, session)
})

const listen = leaf({
  name: "listen",
  description:
    "Receive the runtime's webhooks here and forward them, bytes and headers untouched.\n\nRegisters an endpoint for as long as it runs. A runtime on this machine reaches it directly; for a deployed one, --public-url is the address of a tunnel or proxy of yours that leads here. Payloads are shown only with --verbose.",
  examples: [
    ["webhooks listen --forward-to http://127.0.0.1:3000/webhooks", "From a local runtime to your handler"],
    [
      "webhooks listen --forward-to http://127.0.0.1:3000/webhooks --events end-of-call-report,status-update",
      "Only these events"
    ],
    [
      "webhooks listen --forward-to http://127.0.0.1:3000 --port 4040 --public-url https://tunnel.example/",
      "From a deployed runtime through your tunnel"
    ]
  ],
  config: {
    forwardTo: required("forward-to", "URL", "Your handler"),
    events: text("events", "A,B", "Only these event types"),
    port: integer("port", "N", "Port to listen on; default: any free one"),
    publicUrl: text("public-url", "URL", "Address at which the runtime reaches this port"),
    verbose: flag("verbose", "Shows payloads: they may be personal data")
  },
  run: async (input, session) => (await import("./listen.ts")).listen(input, session)
})

const trigger = leaf({
  name: "trigger",
  description:
    "Make a local runtime send an event, signed, logged and retried like any other.\n\nTYPE is an event type such as status-update, a variant such as status-update.ended, or a sequence such as call.completed. Of a notice the first attempt is waited for, and the exit code is 1 when it failed. Needs the control token that aywa-runtime local prints (AYWA_RUNTIME_CONTROL_TOKEN).",
  examples: [
    ["webhooks trigger end-of-call-report --env-file .env.local", "One event"],
    [
      "webhooks trigger status-update --set status=ended --set call.customer.number=+14155550123",
      "With values of yours"
    ],
    ["webhooks trigger tool-calls --to http://127.0.0.1:3000/webhooks", "To this address, and show the reply"],
    ["webhooks trigger call.completed", "A whole call, event by event"]
  ],
  config: {
    type: argument("type", "Event type, variant or sequence"),
    set: texts("set", "PATH=VALUE", "Sets a value of the message. May be repeated"),
    call: text("call", "ID", "The call that it is about"),
    assistant: text("assistant", "ID", "The assistant that it is about"),
    to: text("to", "URL", "Goes here instead of to the configured servers"),
    dryRun: flag("dry-run", "Shows what would be sent, and where")
  },
  run: async (input, session) => (await import("./trigger.ts")).trigger(input, session)
})

const tail = leaf({
  name: "tail",
  description: "Follow the runtime's webhook log: every job and every attempt, without payloads. Works on any runtime.",
  examples: [
    ["webhooks tail", "Until Ctrl-C"],
    ["webhooks tail --status dead --no-follow", "The last ten that failed for good"],
    ["webhooks tail --json | jq -r .eventId", "One JSON object a line"]
  ],
  config: {
    type: text("type", "TYPE", "Only this event type"),
    status: text("status", "STATUS", "Only this status, such as dead"),
    call: text("call", "ID", "Only events of this call"),
    endpoint: text("endpoint", "ID", "Only jobs of this endpoint"),
    last: integer("last", "N", "How many to begin with; default 10"),
    interval: number("interval", "SECONDS", "Time between two looks; default 1"),
    follow: enabled("follow", "Goes on until Ctrl-C (--no-follow: shows what is there)")
  },
  run: async (input, session) => (await import("./tail.ts")).tail(input, session)
})

const again = (name: "replay" | "retry", description: string, id: string) =>
  leaf({
    name,
    description,
    examples: [[`webhooks ${name} ID`, description]],
    config: { id: argument(id, `Id of the ${id}, as webhooks tail shows it`) },
    run: async ({ id }, session) => {
      const client = await session.client()
      const job = await client.webhookLogs[name](id, { signal: session.signal })
      session.out.row({ ...job })
    }
  })

/** The group. */
export const webhooks = branch({
  name: "webhooks",
  description: "Receive, trigger, follow, repeat and verify webhooks.",
  examples: [
    ["webhooks listen --forward-to http://127.0.0.1:3000/webhooks", "Receive on this machine"],
    ["webhooks trigger end-of-call-report", "Send yourself an event"],
    ["webhooks verify request.http --ignore-age", "Why was it refused?"]
  ],
  commands: [
    listen,
    trigger,
    tail,
    again(
      "replay",
      "Send an event again as a new job with a new id: a receiver that knows the old id takes it.",
      "job"
    ),
    again("retry", "Make the next attempt of a job now; its id stays.", "job"),
    secret,
    verify,
    sign
  ]
})
