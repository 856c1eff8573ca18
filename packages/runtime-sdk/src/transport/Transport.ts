/**
 * The SDK's own small port to HTTP: one request out, one whole answer back.
 *
 * @since 0.1.0
 */
import { type Names, unknownName } from "../config/unknownNames.ts"
import { ConfigError } from "../errors/Errors.ts"
import { Agents, isDispatcher } from "./agents.ts"
import { makeDispatcher, overDispatcher } from "./dispatcher.ts"
import { makeFetch } from "./fetch.ts"
import type { TlsOptions, TransportOptions } from "./options.ts"
import type { DirectTransport } from "./port.ts"

export {
  /**
   * No whole answer; see `TransportShape`.
   *
   * @since 0.1.0
   * @category models
   */
  WireFailure
} from "./port.ts"
export type * from "./options.ts"
export type {
  TransportShape,
  WireHead,
  WireProgress,
  WireRequest,
  WireResponse,
  WireStream,
  WireUpload,
  WireUploadBody
} from "./port.ts"

/**
 * Opens the transport that the options ask for: on Node its built-in HTTP dispatcher, else `fetch`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const open = (options: TransportOptions = {}): DirectTransport => {
  if (isDispatcher(options.dispatcher)) return overDispatcher(options.dispatcher)
  const byFetch = options.transport === "fetch" || options.fetch !== undefined
  return (byFetch ? undefined : makeDispatcher(options)) ?? makeFetch(options)
}

/**
 * The names of `TransportOptions`.
 *
 * @since 0.2.0
 * @category guards
 */
export const names: Names<TransportOptions> = {
  connections: true,
  transport: true,
  tls: true,
  fetch: true,
  dispatcher: true
}

/**
 * Checks the options of a transport; throws a ConfigError.
 *
 * @since 0.2.0
 * @category guards
 */
export const checkOptions = (options: TransportOptions): void => {
  const { connections, transport } = options
  if (connections !== undefined && (!Number.isSafeInteger(connections) || connections < 1)) {
    throw new ConfigError({ field: "connections", message: "connections must be a whole number of 1 or more." })
  }
  if (transport !== undefined && transport !== "auto" && transport !== "fetch") {
    throw new ConfigError({ field: "transport", message: 'transport must be "auto" or "fetch".' })
  }
  checkOwn(options)
  if (options.tls !== undefined) checkTls(options.tls)
}

/** What the program brings has connections of its own: nothing else can be said of them here. */
const checkOwn = ({ fetch, dispatcher, connections, tls, transport }: TransportOptions): void => {
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new ConfigError({ field: "fetch", message: "fetch must be a function that is called as fetch is." })
  }
  if (dispatcher !== undefined && !isDispatcher(dispatcher)) {
    throw new ConfigError({ field: "dispatcher", message: "dispatcher must be one of undici, with a dispatch method." })
  }
  const own = dispatcher === undefined ? (fetch === undefined ? undefined : "fetch") : "dispatcher"
  if (own === undefined) return
  const others = { connections, tls, ...(own === "dispatcher" ? { fetch, transport } : {}) }
  for (const [field, value] of Object.entries(others)) {
    if (value === undefined) continue
    const message = `${field} cannot be given beside ${own}, which has its own connections. Give one of them.`
    throw new ConfigError({ field, message })
  }
}

const checkTls = (tls: TlsOptions): void => {
  if (typeof tls !== "object" || tls === null) {
    throw new ConfigError({ field: "tls", message: "tls must be an object: { ca, cert, key }." })
  }
  const { ca, cert, key } = tls
  const unknown = unknownName(tls, { ca: true, cert: true, key: true })
  if (unknown !== undefined) throw new ConfigError({ field: `tls.${unknown.name}`, message: `tls: ${unknown.message}` })
  for (const [field, value] of Object.entries({ ca: [ca].flat(), cert: [cert], key: [key] })) {
    if (value.every((one) => one === undefined || (typeof one === "string" && one.includes("-----BEGIN ")))) continue
    throw new ConfigError({
      field: `tls.${field}`,
      message: `tls.${field} must be PEM: the text of the file, not its path.`
    })
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError({ field: "tls", message: "tls needs both cert and key, or neither." })
  }
  const agents = Agents.open({ tls })
  void agents?.close()
  if (agents?.areOurs === true) return
  const message =
    agents === undefined
      ? "tls is for Node. On this platform, set the certificates where the program is started."
      : "tls cannot be added to the dispatcher that this program has set. Put the certificates into that one, or give the client one as dispatcher."
  throw new ConfigError({ field: "tls", message })
}
