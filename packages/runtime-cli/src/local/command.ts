/**
 * `local`: the local runtime as a process. Its flags are those of `@aywa-ai/runtime-local`, which reads them.
 */
import * as Command from "effect/cli/Command"
import {
  argument,
  choice,
  enabled,
  flag,
  integer,
  leaf,
  number,
  optionalArgument,
  required,
  text,
  texts
} from "../cli/define.ts"

const config = {
  port: integer("port", "N", "Port to listen on; 0, the default, is any free one"),
  host: text("host", "ADDRESS", "Address to bind; default 127.0.0.1"),
  db: text("db", "FILE|:memory:", "SQLite file, kept over restarts; default :memory:"),
  seed: texts(
    "seed",
    "FILE|N",
    "A JSON file has rows to begin with; a number makes ids and chaos deterministic. May be repeated"
  ),
  scenario: text(
    "scenario",
    "FILE|NAME",
    "Faults from the start: a JSON file, or flaky, brownout, deploy, lost-response, rate-limited"
  ),
  "fault-header": flag(
    "fault-header",
    "Lets requests ask for faults with Aywa-Fault in production mode or under --unsafe-expose, too"
  ),
  "list-shape": choice("list-shape", ["1", "2", "3", "4"], "Shape of list answers; default 1, the bare array"),
  "rate-limit": integer("rate-limit", "N", "Requests per minute and key; default 10000, 0 is no limit"),
  "write-limit": integer("write-limit", "N", "Writes per minute and key, apart from reads"),
  "organization-limit": integer("organization-limit", "N", "Requests per minute of all keys of an organization"),
  "idempotency-ttl": integer("idempotency-ttl", "SECONDS", "How long idempotency keys are remembered; default 86400"),
  clock: choice("clock", ["system", "manual"], "manual stands still until the control API moves it"),
  mode: choice("mode", ["development", "production"], "development reaches loopback and --allow-target only"),
  "allow-target": texts(
    "allow-target",
    "HOST",
    "Development: a host that webhooks and tools may reach. May be repeated"
  ),
  "keep-events": integer("keep-events", "N", "Events that are kept, with their webhook jobs; default 100000"),
  "keep-hours": integer("keep-hours", "N", "Hours that events and requests are kept; default 720"),
  "webhook-secret": text("webhook-secret", "SECRET", "Signs webhooks; default: the one in the file, else a random one"),
  "webhook-schedule": choice("webhook-schedule", ["standard", "instant"], "instant retries without waits"),
  inspector: enabled("inspector", "Serves the inspector's page at /__aywa/ (--no-inspector: does not)"),
  open: flag("open", "Opens the inspector's page in the browser"),
  strict: enabled("strict", "Refuses properties that the contract does not know (--no-strict: takes them)"),
  "require-key": flag("require-key", "Refuses POST and PATCH without an Idempotency-Key"),
  "unsafe-expose": flag("unsafe-expose", "Allows --host beyond loopback. There is no TLS"),
  "allow-host": texts("allow-host", "NAME", "A name beside loopback that it answers to. May be repeated"),
  "public-url": text("public-url", "URL", "Its address for others, such as that of a tunnel; printed, and answered to"),
  "model-url": text(
    "model-url",
    "URL",
    "Speaks in chats where no script does: an address of OpenAI's chat completions. AYWA_MODEL_KEY is its key"
  ),
  model: text("model", "NAME", "The name of the model there"),
  "write-env": text("write-env", "FILE", "Writes the AYWA_RUNTIME_* variables here, for --env-file; gone when it stops")
}

const orders = () => import("./orders.ts")

const clock = leaf({
  name: "clock",
  description: "Show or move the clock of a local runtime; what becomes due on the way runs, in order.",
  examples: [
    ["local clock --env-file .env.local", "What time it is there"],
    ["local clock --advance 1h30m --env-file .env.local", "And what ran meanwhile"]
  ],
  config: {
    set: text("set", "TIME", "To this time: ISO 8601"),
    advance: text("advance", "TIME", "By this much: 1500 (milliseconds), 90s, 5m, 1h30m, 2d")
  },
  run: async (input, session) => (await orders()).clock(input, session)
})

const fault = leaf({
  name: "fault",
  description:
    "Add a fault to a local runtime, start a scenario, or show what is in force.\n\nNAME is an action such as reset, status, latency, stall, truncate, or one of webhooks: drop, duplicate, bad-signature.",
  examples: [
    ["local fault --env-file .env.local", "What is in force, and how often it acted"],
    ["local fault reset --when after --times 1 --env-file .env.local", "The next answer is lost after the commit"],
    ["local fault status --set code=503 --method POST --env-file .env.local", "Every POST is refused"],
    ["local fault --scenario flaky --env-file .env.local", "A bad network"],
    ["local fault --clear --env-file .env.local", "All is well again"]
  ],
  config: {
    name: optionalArgument("name", "What happens"),
    set: texts("set", "NAME=VALUE", "A parameter of the action, such as code=503 or ms=400. May be repeated"),
    method: text("method", "METHOD", "Only requests of this method"),
    path: text("path", "PATH", "Only requests to this path; * stands for anything, :id for a segment"),
    event: text("event", "TYPE", "Only webhooks of this type"),
    when: choice("when", ["before", "after"], "Before anything is done, or after it is committed"),
    times: integer("times", "N", "How often; default: without end"),
    probability: number("probability", "P", "The chance of each hit, 0 to 1"),
    scenario: text("scenario", "NAME", "flaky, brownout, deploy, lost-response or rate-limited"),
    clear: flag("clear", "Ends all faults first")
  },
  run: async (input, session) => (await orders()).fault(input, session)
})

const script = leaf({
  name: "script",
  description: "Say what happens in calls of a local runtime: steps in a JSON file.",
  examples: [["local script refund.json --env-file .env.local", "For calls to come that match"]],
  config: {
    file: optionalArgument("file", "JSON: a list of steps, or { match, steps, analysis, times }"),
    clear: flag("clear", "Forgets the scripts that there are")
  },
  run: async (input, session) => (await orders()).script(input, session)
})

const inbound = leaf({
  name: "inbound",
  description: "Call a number of a local runtime; nothing is dialled.",
  examples: [["local inbound +14155550100 --env-file .env.local", "Its assistant answers, or its server is asked"]],
  config: {
    number: argument("number", "The number that is called, or the id of its row"),
    from: text("from", "NUMBER", "Who calls; default: a made-up number"),
    script: text("script", "FILE", "Steps of this call, as JSON")
  },
  run: async (input, session) => (await orders()).inbound(input, session)
})

const reset = leaf({
  name: "reset",
  description: "Make a local runtime forget rows, calls, events, requests and faults; keys stay.",
  examples: [["local reset --env-file .env.local", "Begin anew"]],
  config: {},
  run: async (input, session) => (await orders()).reset(input, session)
})

const place = {
  name: text("name", "NAME", "In memory under this name; default: default"),
  file: text("file", "FILE", "In a file instead, which lasts")
}

const snapshot = leaf({
  name: "snapshot",
  description: "Copy what a local runtime has, to go back to it: with --organization of that one, else of all.",
  examples: [
    ["local snapshot --env-file .env.local", "In memory"],
    ["local snapshot --file demo.snapshot --all --env-file .env.local", "Of all organizations, in a file"]
  ],
  config: { ...place, whole: flag("all", "All organizations, although one is set") },
  run: async (input, session) => (await orders()).snapshot(input, session)
})

const restore = leaf({
  name: "restore",
  description: "Bring a local runtime back to a snapshot, all or nothing.",
  examples: [["local restore --env-file .env.local", "To the last one without a name"]],
  config: place,
  run: async (input, session) => (await orders()).restore(input, session)
})

const events = leaf({
  name: "events",
  description: "Show what a local runtime emitted, oldest first; as JSON with the whole messages.",
  examples: [
    ["local events --follow --env-file .env.local", "Until Ctrl-C"],
    ["local events --type end-of-call-report --json --env-file .env.local", "One JSON object a line"]
  ],
  config: {
    type: text("type", "TYPE", "Only this event type"),
    call: text("call", "ID", "Only events of this call"),
    follow: flag("follow", "Goes on until Ctrl-C")
  },
  run: async (input, session) => (await import("./history.ts")).events(input, session)
})

const requests = leaf({
  name: "requests",
  description: "Show what reached a local runtime, newest first; one of them whole, or send it again.",
  examples: [
    ["local requests --status 400 --env-file .env.local", "What was refused"],
    ["local requests 17 --env-file .env.local", "Both of its sides, without secrets"],
    ["local requests 17 --resend --env-file .env.local", "The same request again"]
  ],
  config: {
    id: optionalArgument("id", "One of them"),
    path: text("path", "PATH", "Only this path"),
    method: text("method", "METHOD", "Only this method"),
    status: integer("status", "CODE", "Only this status"),
    key: text("key", "KEY", "Only this Idempotency-Key"),
    text: text("text", "TEXT", "Only those in whose path, query or body this stands"),
    limit: integer("limit", "N", "How many; default 100"),
    resend: flag("resend", "Sends it again"),
    newKey: flag("new-key", "Under an Idempotency-Key of its own")
  },
  run: async (input, session) => (await import("./history.ts")).requests(input, session)
})

/** The command. */
export const local = leaf({
  name: "local",
  description:
    "Start a local runtime: the HTTP contract on SQLite, for development and tests.\n\nPrints one line of JSON when it is ready, and stops on Ctrl-C. --api-key and --organization choose the key that it accepts; it places no calls.",
  examples: [
    ["local --port 4010", "Everything in memory, with a random key"],
    [
      "local --port 4010 --db ./runtime.sqlite --api-key sk_local_1 --organization org_1",
      "Kept in a file, with a key of yours"
    ],
    ["local --seed rows.json --scenario flaky", "With rows to begin with, and faults"],
    ["local --port 4010 --write-env .env.local", "Then, elsewhere: aywa-runtime doctor --env-file .env.local"]
  ],
  config,
  run: async (input, session) => (await import("./run.ts")).runLocal(input, session)
}).pipe(Command.withSubcommands([clock, fault, script, inbound, reset, snapshot, restore, events, requests]))

/** `call`. */
export const callCommand = leaf({
  name: "call",
  description:
    "Talk to an assistant of a local runtime: type what the caller says.\n\nThe assistant's tools are really asked over signed webhooks, events flow, the transcript grows. Nobody is dialled and nothing is heard. The end of the input hangs up. Who speaks for the assistant must be said: one of --replies, or --model-url with --model.",
  examples: [
    [
      "call --assistant ID --replies replies.json --env-file .env.local",
      "The assistant says what is in the file, turn by turn"
    ],
    [
      "call --assistant ID --model-url http://127.0.0.1:11434/v1 --model llama3.2 --env-file .env.local",
      "A model of yours speaks for it; AYWA_MODEL_KEY is its key, if it needs one"
    ]
  ],
  config: {
    assistant: required("assistant", "ID", "Who is called"),
    from: text("from", "NUMBER", "Who calls; default: a made-up number"),
    replies: text("replies", "FILE", "JSON: a list with a text, or steps of a script, for each turn of the caller"),
    modelUrl: text("model-url", "URL", "An address that speaks OpenAI's chat completions; there is no default"),
    model: text("model", "NAME", "The name of the model there")
  },
  run: async (input, session) => (await import("./call.ts")).call(input, session)
})
