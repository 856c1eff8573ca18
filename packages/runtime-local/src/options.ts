/**
 * The options of a runtime, and their defaults.
 */
import type { Names } from "@aywa-ai/runtime-sdk/internal/contract"
import { checkValues, refuseUnknown } from "./optionValues.ts"
import type { ApiKeyOptions } from "./http/auth.ts"
import type { RequestLimits } from "./http/body.ts"
import type { ModelOptions } from "./chats/model.ts"
import type { ListShapes } from "./rows/listing.ts"
import type { Retention } from "./outbox/retention.ts"
import type { OutboundOptions } from "./outboundOptions.ts"
import type { RateLimitOptions } from "./http/rateLimit.ts"
import type { SeedRows } from "./rows/seed.ts"
import type { Scenario, ScenarioName } from "./faults/scenarios.ts"
import type { StoreLocation } from "./store/Store.ts"

/**
 * How to start a runtime. Everything has a default that suits a test.
 *
 * @since 0.1.0
 * @category models
 */
export interface LocalRuntimeOptions extends OutboundOptions {
  /** Default `"memory"`. A file keeps rows, keys and idempotency records over restarts; one runtime has it at a time. */
  readonly store?: StoreLocation | undefined
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`. Another than loopback needs `unsafeExpose`. */
  readonly host?: string | undefined
  /** Binds and answers beyond loopback. The runtime is for development: it has no TLS. */
  readonly unsafeExpose?: boolean | undefined
  /** Names beside loopback that it answers to, where it is exposed or stands behind a proxy or tunnel. */
  readonly allowHosts?: ReadonlyArray<string> | undefined
  /** Its address for others, such as that of a tunnel; its host is answered to. */
  readonly publicUrl?: string | undefined
  /** Default: `aywa_local_` and 26 random characters. */
  readonly apiKey?: string | undefined
  /** More keys, each for one organization. */
  readonly apiKeys?: ReadonlyArray<string | ApiKeyOptions> | undefined
  /** The organization of `apiKey`. Default: the first one in the file, else a random UUID. */
  readonly organization?: string | undefined
  /** More organizations. */
  readonly organizations?: ReadonlyArray<string> | undefined
  /** Milliseconds that idempotency records are kept, on the runtime's clock. Default 24 h. */
  readonly idempotencyTtl?: number | undefined
  /** Refuses POST and PATCH without an Idempotency-Key. Default `false`. */
  readonly requireIdempotencyKey?: boolean | undefined
  /** Rows that are there from the start, in the first organization; `readSeedRows` reads them from a file. */
  readonly rows?: SeedRows | undefined
  /** Default: no limit. */
  readonly rateLimit?: RateLimitOptions | undefined
  /** How much is kept of what happened. Default: 100,000 events and 10,000 requests, for 30 days. */
  readonly retention?: Retention | undefined
  /** Bounds of what one client, or all of them, may make this process hold. */
  readonly limits?: RequestLimits | undefined
  /** Faults from the start: a scenario that comes with the runtime, or one of yours. */
  readonly scenario?: ScenarioName | Scenario | undefined
  /**
   * Whether a request may ask for a fault of its own with `Aywa-Fault`; it needs a key for that. Default: in development
   * mode, unless `unsafeExpose` opens the runtime to others.
   */
  readonly faultHeader?: boolean | undefined
  /** Speaks in chats (`POST /chat`) where no script does. Default: nobody; there is no default address. */
  readonly model?: ModelOptions | undefined
  /** Makes ids, keys and chaos deterministic. */
  readonly seed?: number | undefined
  /** Default: what the source API has on each route, mostly 1, the bare array. */
  readonly listShape?: ListShapes | undefined
  /** `false` accepts keys that the contract does not know. Default `true`. */
  readonly strict?: boolean | undefined
  /** Serves the inspector's page at `/__aywa/`. Default `true`; production mode has none. */
  readonly inspector?: boolean | undefined
  /** `"manual"` stands still until it is moved. Default `"system"`. */
  readonly clock?: "system" | "manual" | undefined
}

const names: Names<LocalRuntimeOptions> = {
  store: true,
  port: true,
  host: true,
  unsafeExpose: true,
  allowHosts: true,
  publicUrl: true,
  apiKey: true,
  apiKeys: true,
  organization: true,
  organizations: true,
  idempotencyTtl: true,
  requireIdempotencyKey: true,
  rows: true,
  rateLimit: true,
  retention: true,
  limits: true,
  scenario: true,
  faultHeader: true,
  model: true,
  seed: true,
  listShape: true,
  strict: true,
  clock: true,
  inspector: true,
  mode: true,
  allowTargets: true,
  allowPrivateNetwork: true,
  toolAllowedHosts: true,
  resolve: true,
  webhookSecret: true,
  webhookSchedule: true,
  webhookOrder: true,
  signWith: true,
  callPace: true
}

/** Refuses options that nobody reads, and values that nobody knows: a misspelled mode would be none. */
export const checkOptions = (options: LocalRuntimeOptions): void => {
  refuseUnknown("", options, names)
  checkValues(options)
}

/** 24 hours. */
export const defaultIdempotencyTtl = 86_400_000
