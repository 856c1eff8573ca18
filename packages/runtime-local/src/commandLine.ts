/**
 * The command line of the runtime: its flags, and the options that they stand for. The process of this package and
 * `aywa-runtime local` share it.
 */
import { parseArgs } from "node:util"
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import type { ListShape } from "./rows/listing.ts"
import { readScenario } from "./faults/scenarios.ts"
import { readSeedRows } from "./rows/seed.ts"
import type { LocalRuntimeOptions } from "./options.ts"

/** What `--help` shows. */
export const help = `Serves the Aywa runtime's HTTP contract for development: no calls are placed.

  --port <n>               Port to listen on; 0, the default, is any free one
  --host <address>         Address to bind; default 127.0.0.1
  --db <file>              SQLite file; default :memory:
  --api-key <key>          Key to accept; default: a random one. May be repeated
  --organization <id>      Organization of the keys; default: the first in the file, else a random one
  --list-shape <1-4>       Shape of list answers; default 1, the bare array
  --rate-limit <n>         Requests per minute and key; default 10000, 0 is no limit
  --write-limit <n>        Writes per minute and key, apart from reads; default: with the reads
  --organization-limit <n> Requests per minute of all keys of an organization; default: no limit
  --idempotency-ttl <s>    Seconds that idempotency keys are remembered; default 86400
  --seed <n|file>          A number makes ids and chaos deterministic; a JSON file has rows to begin with. May be repeated
  --scenario <name|file>   Faults from the start: flaky, brownout, deploy, lost-response, rate-limited, or a JSON file
  --fault-header           Let requests ask for faults with Aywa-Fault in production mode or under --unsafe-expose, too
  --clock <system|manual>  manual stands still until the control API moves it
  --mode <development|production>  development reaches loopback and --allow-target only
  --allow-target <host>    Development: a host that webhooks and tools may reach. May be repeated
  --keep-events <n>        Events that are kept, with their webhook jobs; default 100000
  --keep-hours <n>         Hours that events and requests are kept; default 720
  --webhook-secret <s>     Signs webhooks; default: the one in the file, else a random one
  --webhook-schedule <standard|instant>  instant retries without waits
  --no-inspector           Do not serve the inspector's page at /__aywa/; production mode never does
  --no-strict              Accept properties that the contract does not know
  --require-key            Refuse POST and PATCH without an Idempotency-Key
  --unsafe-expose          Allow --host beyond loopback. There is no TLS
  --allow-host <name>      A name beside loopback that it answers to. May be repeated
  --public-url <url>       Its address for others, such as that of a tunnel; printed, and answered to
  --model-url <url>        Speaks in chats where no script does: an address of OpenAI's chat completions. AYWA_MODEL_KEY is its key
  --model <name>           The name of the model there
  --help                   Show this
`

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        db: { type: "string" },
        "api-key": { type: "string", multiple: true },
        organization: { type: "string" },
        "list-shape": { type: "string" },
        "rate-limit": { type: "string" },
        "idempotency-ttl": { type: "string" },
        "write-limit": { type: "string" },
        "organization-limit": { type: "string" },
        seed: { type: "string", multiple: true },
        scenario: { type: "string" },
        "fault-header": { type: "boolean" },
        clock: { type: "string" },
        mode: { type: "string" },
        "allow-target": { type: "string", multiple: true },
        "keep-events": { type: "string" },
        "keep-hours": { type: "string" },
        "webhook-secret": { type: "string" },
        "webhook-schedule": { type: "string" },
        "no-inspector": { type: "boolean" },
        "no-strict": { type: "boolean" },
        "require-key": { type: "boolean" },
        "unsafe-expose": { type: "boolean" },
        "allow-host": { type: "string", multiple: true },
        "public-url": { type: "string" },
        "model-url": { type: "string" },
        model: { type: "string" },
        help: { type: "boolean", short: "h" }
      }
    }).values
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

const integer = (name: string, text: string | undefined, maximum: number): number | undefined => {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value <= maximum) return value
  throw new UsageError(`--${name} takes a whole number from 0 to ${maximum}, not ${JSON.stringify(text)}`)
}

const atLeastOne = (name: string, text: string | undefined): number | undefined => {
  const value = integer(name, text, 1e9)
  if (value === 0) throw new UsageError(`--${name} takes 1 or more`)
  return value
}

const isNumber = (text: string) => /^\d+$/.test(text)

/** A file that cannot be used makes the command line wrong. */
const fromFile = <A>(name: string | undefined, read: (name: string) => A): A | undefined => {
  if (name === undefined) return undefined
  try {
    return read(name)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

const filled = (name: string, text: string | undefined): string | undefined => {
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text
  throw new UsageError(`--${name} takes visible ASCII characters without spaces`)
}

const shapes: Readonly<Record<string, ListShape>> = { 1: 1, 2: 2, 3: 3, 4: 4 }

const toOptions = (values: ReturnType<typeof parse>): LocalRuntimeOptions => {
  const [apiKey, ...apiKeys] = (values["api-key"] ?? []).map((key) => filled("api-key", key) ?? "")
  const shape = values["list-shape"]
  const seeds = values.seed ?? []
  const { clock, mode, db = ":memory:" } = values
  const schedule = values["webhook-schedule"]
  if (shape !== undefined && shapes[shape] === undefined) throw new UsageError("--list-shape takes 1, 2, 3 or 4")
  if (clock !== undefined && clock !== "system" && clock !== "manual") {
    throw new UsageError("--clock takes system or manual")
  }
  if (mode !== undefined && mode !== "development" && mode !== "production") {
    throw new UsageError("--mode takes development or production")
  }
  if (schedule !== undefined && schedule !== "standard" && schedule !== "instant") {
    throw new UsageError("--webhook-schedule takes standard or instant")
  }
  if (values.host !== undefined && !OutboundPolicy.isLoopbackHost(values.host) && !values["unsafe-expose"]) {
    throw new UsageError(`--host ${values.host} is not loopback: that needs --unsafe-expose`)
  }
  if (db === "") throw new UsageError("--db takes a file name, or :memory:")
  const hours = atLeastOne("keep-hours", values["keep-hours"])
  const limit = integer("rate-limit", values["rate-limit"], 1e9) ?? 10_000
  const ttl = integer("idempotency-ttl", values["idempotency-ttl"], 1e9)
  return {
    port: integer("port", values.port, 65_535),
    host: values.host,
    store: db === ":memory:" ? "memory" : { file: db },
    apiKey,
    apiKeys,
    organization: filled("organization", values.organization),
    listShape: shape === undefined ? undefined : shapes[shape],
    rateLimit:
      limit === 0
        ? undefined
        : {
            limit,
            writes: atLeastOne("write-limit", values["write-limit"]),
            perOrganization: atLeastOne("organization-limit", values["organization-limit"])
          },
    idempotencyTtl: ttl === undefined ? undefined : ttl * 1000,
    seed: integer("seed", seeds.find(isNumber), Number.MAX_SAFE_INTEGER),
    rows: fromFile(
      seeds.find((seed) => !isNumber(seed)),
      readSeedRows
    ),
    scenario: fromFile(values.scenario, readScenario),
    faultHeader: values["fault-header"],
    retention: {
      events: atLeastOne("keep-events", values["keep-events"]),
      age: hours === undefined ? undefined : hours * 3_600_000
    },
    clock,
    mode,
    allowTargets: values["allow-target"],
    toolAllowedHosts: OutboundPolicy.parseHosts(process.env["TOOL_API_REQUEST_ALLOWED_HOSTS"]),
    webhookSecret: filled("webhook-secret", values["webhook-secret"]),
    webhookSchedule: schedule,
    inspector: !(values["no-inspector"] ?? false),
    strict: !(values["no-strict"] ?? false),
    requireIdempotencyKey: values["require-key"],
    unsafeExpose: values["unsafe-expose"],
    allowHosts: values["allow-host"],
    publicUrl: values["public-url"],
    model: modelOf(values["model-url"], values.model)
  }
}

const modelOf = (url: string | undefined, name: string | undefined): LocalRuntimeOptions["model"] => {
  if (url === undefined && name === undefined) return undefined
  if (url === undefined || name === undefined) throw new UsageError("--model-url and --model need each other")
  return { url, name, apiKey: process.env["AYWA_MODEL_KEY"] }
}

/** Says why a runtime did not start, and what to do. */
export const explain = (error: unknown, options: LocalRuntimeOptions): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  const where = `${options.host ?? "127.0.0.1"}:${options.port ?? 0}`
  if (code === "EADDRINUSE")
    return `${where} is in use, perhaps by another local runtime: stop that one, or choose another --port, or 0 for any free one`
  if (code === "EACCES") return `${where} may not be bound: choose another --port`
  return messageOf(error)
}

/** The message of an error, whatever was thrown. */
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Reads a command line; throws a UsageError. Gives `undefined` for `--help`. */
export const readOptions = (args: ReadonlyArray<string>): LocalRuntimeOptions | undefined => {
  const values = parse(args)
  return values.help ? undefined : toOptions(values)
}
