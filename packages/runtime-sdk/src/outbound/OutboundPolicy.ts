/**
 * The outbound policy: which URLs may be called, and with which headers.
 *
 * @since 0.1.0
 */
import * as dns from "node:dns"
import { isIP, type LookupFunction } from "node:net"
import { closedRange, isLoopbackAddress } from "./addresses.ts"
import { OutboundRefused } from "./OutboundRefused.ts"

export { isLoopbackHost } from "../config/loopback.ts"

/**
 * One address of a host.
 *
 * @since 0.1.0
 * @category models
 */
export interface CheckedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * Resolves a name to all its addresses; rejects when there are none.
 *
 * @since 0.1.0
 * @category models
 */
export type Resolve = (host: string) => Promise<ReadonlyArray<string>>

/**
 * How strict to be.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutboundPolicyOptions {
  /**
   * `"production"`, the default: public addresses only. `"development"`: loopback and `allowTargets` only, so that
   * nothing leaves the machine by accident.
   */
  readonly mode?: "production" | "development" | undefined
  /** Whether a model chose the host, or a part of it. Then `allowedHosts` must name it. Default `false`. */
  readonly dynamicHost?: boolean | undefined
  /**
   * Hosts that a model may choose (`TOOL_API_REQUEST_ALLOWED_HOSTS`): `api.example`, `*.example` for its subdomains,
   * with `:port` for one port only. Listing a host opens no closed address.
   */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /** Development mode: what may be reached beside loopback, in the form of `allowedHosts`. */
  readonly allowTargets?: ReadonlyArray<string> | undefined
  /** Development mode: also reach private addresses. Refused in production mode. */
  readonly allowPrivateNetwork?: boolean | undefined
  /** Default: the system's resolver, all addresses. */
  readonly resolve?: Resolve | undefined
  /** Milliseconds to wait for the resolver. Default 5,000. */
  readonly timeout?: number | undefined
}

/**
 * A URL that may be called, with the addresses that were checked. Connect to these and to no others: a name may
 * resolve to something else a moment later.
 *
 * @since 0.1.0
 * @category models
 */
export interface CheckedTarget {
  /** The URL in its canonical form: decimal, octal and hex addresses have become dotted ones. */
  readonly url: string
  readonly protocol: "http:" | "https:"
  /** Without brackets. */
  readonly host: string
  readonly port: number
  readonly addresses: ReadonlyArray<CheckedAddress>
}

const refuse = (reason: ConstructorParameters<typeof OutboundRefused>[0]): never => {
  throw new OutboundRefused(reason)
}

const localSuffixes = ["localhost", "local", "internal", "localdomain", "home.arpa"]

const isLocalName = (host: string) => localSuffixes.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))

/**
 * Checks a URL: scheme, credentials, the host's name, and every address that it resolves to.
 *
 * **Details**
 *
 * Resolves with the checked target, rejects with `OutboundRefused`. All addresses of a name must be open, not just
 * one. Forms of addresses that only look like names (`0x7f.1`, `2130706433`) are read as a browser reads them.
 *
 * **Gotchas**
 *
 * A check is worth nothing if the connection resolves the name again: pass `lookup(target)` to `http.request`, and
 * follow no redirects.
 *
 * @since 0.1.0
 * @category guards
 */
export const check = async (url: string | URL, options: OutboundPolicyOptions = {}): Promise<CheckedTarget> => {
  const { mode = "production", allowPrivateNetwork = false } = options
  if (mode === "production" && allowPrivateNetwork) return refuse({ _tag: "EscapeHatch" })
  const parsed = URL.parse(String(url))
  if (parsed === null) return refuse({ _tag: "InvalidUrl" })
  const { protocol } = parsed
  if (protocol !== "http:" && protocol !== "https:") return refuse({ _tag: "Scheme", scheme: protocol.slice(0, -1) })
  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "")
  if (parsed.username !== "" || parsed.password !== "") return refuse({ _tag: "Credentials", host })
  const port = parsed.port === "" ? (protocol === "http:" ? 80 : 443) : Number(parsed.port)
  if (options.dynamicHost === true && !isListed(host, port, options.allowedHosts)) {
    return refuse({ _tag: "HostNotAllowed", host })
  }
  const isTarget = mode === "development" && isListed(host, port, options.allowTargets)
  const local = isIP(host) === 0 && isLocalName(host)
  if (mode === "production" && local) return refuse({ _tag: "LocalName", host })
  // In development a name is not even asked for unless it may be reached: asking tells others about it.
  if (mode === "development" && !isTarget && !allowPrivateNetwork && isIP(host) === 0 && !local) {
    return refuse({ _tag: "TargetNotAllowed", host })
  }
  const addresses = isIP(host) === 0 ? await resolveAll(host, options) : [host]
  for (const address of addresses) {
    if (mode === "production") {
      const range = closedRange(address)
      if (range !== undefined) return refuse({ _tag: "ClosedAddress", host, address, range })
    } else if (
      !isTarget &&
      !isLoopbackAddress(address) &&
      !(allowPrivateNetwork && closedRange(address) !== undefined)
    ) {
      return refuse({ _tag: "TargetNotAllowed", host })
    }
  }
  return {
    url: parsed.href,
    protocol,
    host,
    port,
    addresses: addresses.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
  }
}

/**
 * A `lookup` for `http.request`, `https.request` and `net.connect` that knows only the checked addresses: the
 * connection goes where the check looked.
 *
 * @since 0.1.0
 * @category guards
 */
export const lookup =
  (target: CheckedTarget): LookupFunction =>
  (_, options, callback) => {
    const family = options.family === "IPv4" ? 4 : options.family === "IPv6" ? 6 : options.family
    const addresses = target.addresses.filter((one) => !family || one.family === family)
    const [first] = addresses
    if (first === undefined) {
      callback(Object.assign(new Error("The checked target has no such address"), { code: "ENOTFOUND" }), "", 0)
    } else if (options.all === true) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }

/** What a request may say of itself. Of all other names only those with the prefix are nobody else's. */
const openHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-language",
  "idempotency-key",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "prefer"
])

/** Words of headers that speak in somebody's name, are a proxy's to write, or open a metadata service. */
const closedWords = new RegExp(
  [
    "auth|token|secret|key|passw|credential|session|cookie|csrf|xsrf|jwt|saml|assertion|cert|login",
    "forward|original|rewrite|override|real-?ip|client-?ip|remote|proxy|envoy|cluster|host|via|user|role|identity|tenant",
    "metadata|amz|aws|goog|azure|ms-|identity",
    "signature|sign|hmac|digest|nonce|webhook|svix"
  ].join("|"),
  "i"
)

const isOpenHeader = (name: string): boolean =>
  openHeaders.has(name.toLowerCase()) || (/^x-/i.test(name) && !closedWords.test(name.replace(/^x-/i, "")))

/**
 * Leaves of the headers that a model chose those that can only concern the request itself: `Accept` and the like, and
 * names that begin with `X-` and have no word of authentication, forwarding, metadata or signatures in them. The rest is
 * named in `dropped`. Names and values that stay are unchanged.
 *
 * @since 0.1.0
 * @category guards
 */
export const safeHeaders = (
  headers: Readonly<Record<string, string>>
): { readonly headers: Record<string, string>; readonly dropped: ReadonlyArray<string> } => {
  const entries = Object.entries(headers)
  const keep = ([name, value]: readonly [string, string]) =>
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) &&
    // oxlint-disable-next-line no-control-regex -- a header may not carry them
    !/[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(value) &&
    isOpenHeader(name)
  return {
    headers: Object.fromEntries(entries.filter(keep)),
    dropped: entries.filter((entry) => !keep(entry)).map(([name]) => name)
  }
}

/**
 * Reads a comma-separated list of hosts, as `TOOL_API_REQUEST_ALLOWED_HOSTS` holds it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parseHosts = (list: string | undefined): ReadonlyArray<string> =>
  (list ?? "")
    .split(",")
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== "")

const isListed = (host: string, port: number, list: ReadonlyArray<string> = []): boolean =>
  list.some((entry) => {
    const [, name = "", only] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? []
    if (isIP(entry) === 6) return entry.toLowerCase() === host
    if (only !== undefined && Number(only) !== port) return false
    const bare = name.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "")
    return bare.startsWith("*.") ? host.endsWith(bare.slice(1)) && host.length >= bare.length : host === bare
  })

/** `localhost` and the names below it are this machine (RFC 6761), whatever a resolver knows of them. */
const resolveSystem: Resolve = async (host) =>
  /(^|\.)localhost$/.test(host)
    ? ["127.0.0.1", "::1"]
    : (await dns.promises.lookup(host, { all: true })).map(({ address }) => address)

const resolveAll = async (host: string, options: OutboundPolicyOptions): Promise<ReadonlyArray<string>> => {
  const { resolve = resolveSystem, timeout = 5000 } = options
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error("timeout"), { code: "ETIMEOUT" })), timeout)
    })
    const addresses = await Promise.race([resolve(host), late])
    return addresses.length > 0 ? addresses : refuse({ _tag: "Unresolved", host, code: "ENODATA" })
  } catch (error) {
    if (error instanceof OutboundRefused) throw error
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown"
    return refuse({ _tag: "Unresolved", host, code })
  } finally {
    clearTimeout(timer)
  }
}
