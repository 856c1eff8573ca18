/**
 * The agents of Node's undici: which one takes the next request.
 *
 * Node bundles undici and keeps its dispatcher under a registered symbol, which `setGlobalDispatcher` of any undici
 * replaces. It is read for every request, so a proxy or mock that a program installs is honoured. While it is the plain
 * built-in agent, one of the same class with a bound on connections is used: unbounded, 10,000 calls in flight open
 * 10,000 sockets. Clients with equal settings share that one, so that a client for each request costs no connections.
 */
import type { TlsOptions, TransportOptions } from "./options.ts"

export interface Dispatcher {
  readonly dispatch: (options: object, handler: object) => unknown
}

export const isDispatcher = (u: unknown): u is Dispatcher =>
  typeof u === "object" && u !== null && "dispatch" in u && typeof u.dispatch === "function"

/** Node's major version of undici; `undefined` elsewhere. */
export const undiciMajor = (): number | undefined => {
  const major = Number.parseInt(globalThis.process?.versions?.["undici"] ?? "", 10)
  return Number.isNaN(major) ? undefined : major
}

/** The dispatcher that Node's own `fetch` takes: undici 8 moved it, and left an adapter in the old place. */
export const globalDispatcher = (undici: number | undefined): Dispatcher | undefined => {
  const dispatcher: unknown = undici === undefined ? undefined : Reflect.get(globalThis, undici < 8 ? before8 : since8)
  return isDispatcher(dispatcher) ? dispatcher : undefined
}
const before8 = Symbol.for("undici.globalDispatcher.1")
const since8 = Symbol.for("undici.globalDispatcher.2")

/** What an agent is made with. */
interface Settings {
  readonly connections: number
  readonly tls: TlsOptions | undefined
}

/** An agent of ours, for all clients with the same settings. */
interface PoolEntry extends Settings {
  /** What it was made after. */
  readonly builtIn: Dispatcher
  readonly agent: Dispatcher
  clients: number
}

const pool: Array<PoolEntry> = []

/** The agents of one client. */
export class Agents {
  readonly undici: number
  private readonly builtIn: Dispatcher
  private readonly own: PoolEntry | undefined
  private open = true

  /** `undefined` where there is no dispatcher that we know. */
  static open(options: TransportOptions): Agents | undefined {
    const undici = undiciMajor()
    if (undici === undefined) return undefined
    // Node loads its undici, and sets the symbol, when something of fetch is first touched.
    if (globalDispatcher(undici) === undefined) void new Headers()
    const builtIn = globalDispatcher(undici)
    return builtIn === undefined ? undefined : new Agents(undici, builtIn, options)
  }

  constructor(undici: number, builtIn: Dispatcher, { connections = 128, tls }: TransportOptions) {
    this.undici = undici
    this.builtIn = builtIn
    this.own = isPlain(builtIn) ? share(builtIn, { connections, tls }) : undefined
  }

  /** The dispatcher for the next request. */
  current(): Dispatcher {
    const now = globalDispatcher(this.undici) ?? this.builtIn
    return now === this.builtIn ? (this.own?.agent ?? now) : now
  }

  /** Whether there is an agent of ours, which the settings hold for. */
  get areOurs(): boolean {
    return this.own !== undefined
  }

  /** Whether a dispatcher is of our making: then nothing of the program's stands around it. */
  isOurs(dispatcher: Dispatcher): boolean {
    return dispatcher === this.own?.agent
  }

  /** Closes the idle connections, if no other client uses them. */
  async close(): Promise<void> {
    const { own } = this
    if (!this.open || own === undefined) return
    this.open = false
    own.clients--
    if (own.clients > 0) return
    pool.splice(pool.indexOf(own), 1)
    if (isClosable(own.agent)) await own.agent.close()
  }
}

const isClosable = (u: object): u is { readonly close: () => Promise<void> } =>
  "close" in u && typeof u.close === "function"

/**
 * Whether a dispatcher is an agent without options of its own: one that a program has set may carry certificates, or
 * interceptors around its `dispatch`, and none of that may get lost.
 */
const isPlain = (dispatcher: Dispatcher): boolean => {
  const { constructor } = dispatcher
  if (constructor.name !== "Agent" || dispatcher.dispatch !== Reflect.get(constructor.prototype, "dispatch"))
    return false
  const key = Object.getOwnPropertySymbols(dispatcher).find(({ description }) => description === "options")
  if (key === undefined) return false
  const options: object = Object(Reflect.get(dispatcher, key))
  return Object.values(options).every((value) => value === undefined || value === Infinity)
}

const share = (builtIn: Dispatcher, settings: Settings): PoolEntry | undefined => {
  const entry = pool.find((one) => one.builtIn === builtIn && isSame(one, settings))
  if (entry !== undefined) {
    entry.clients++
    return entry
  }
  const Agent = builtIn.constructor as new (options: object) => unknown
  const { connections, tls } = settings
  const agent = new Agent({ connections, keepAliveTimeout: 30_000, ...(tls === undefined ? {} : { connect: tls }) })
  if (!isDispatcher(agent)) return undefined
  const first = { ...settings, builtIn, agent, clients: 1 }
  pool.push(first)
  return first
}

const isSame = (a: Settings, b: Settings): boolean =>
  a.connections === b.connections &&
  a.tls?.key === b.tls?.key &&
  a.tls?.cert === b.tls?.cert &&
  (a.tls?.ca === b.tls?.ca || [a.tls?.ca].flat().join("\0") === [b.tls?.ca].flat().join("\0"))
