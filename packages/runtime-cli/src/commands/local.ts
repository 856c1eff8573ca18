/**
 * `local`: the local runtime as a process. Its flags are those of `@aywa-ai/runtime-local`, which reads them.
 */
import { choice, enabled, flag, integer, leaf, text, texts } from "../cli/define.ts"

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
  "webhook-secret": text("webhook-secret", "SECRET", "Signs webhooks; default: the one in the file, else a random one"),
  "webhook-schedule": choice("webhook-schedule", ["standard", "instant"], "instant retries without waits"),
  strict: enabled("strict", "Refuses properties that the contract does not know (--no-strict: takes them)"),
  "require-key": flag("require-key", "Refuses POST and PATCH without an Idempotency-Key"),
  "unsafe-expose": flag("unsafe-expose", "Allows --host beyond loopback. There is no TLS"),
  "write-env": text("write-env", "FILE", "Writes the AYWA_RUNTIME_* variables here, for --env-file; gone when it stops")
}

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
  run: async (input, session) => (await import("./runLocal.ts")).runLocal(input, session)
})
