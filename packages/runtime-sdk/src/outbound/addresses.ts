/**
 * Which addresses are public. Everything is closed unless it is known to be open: of IPv6 only global unicast is, and
 * an address that carries an IPv4 address is judged by that one, too.
 */
import { isIP, isIPv4 } from "node:net"
import { isLoopbackHost } from "../config/loopback.ts"

/** Ranges of IPv4 that are not the public internet (IANA special-purpose registry), and one that every
 * machine of a cloud reaches its host under, most specific names first. */
const closedIPv4: ReadonlyArray<readonly [network: string, prefix: number, name: string]> = [
  ["0.0.0.0", 8, "this network"],
  ["10.0.0.0", 8, "private"],
  ["100.64.0.0", 10, "shared address space (CGNAT)"],
  ["127.0.0.0", 8, "loopback"],
  ["168.63.129.16", 32, "metadata of a cloud host"],
  ["169.254.0.0", 16, "link-local"],
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "protocol assignments"],
  ["192.0.2.0", 24, "documentation"],
  ["192.88.99.0", 24, "6to4 relay"],
  ["192.168.0.0", 16, "private"],
  ["198.18.0.0", 15, "benchmarking"],
  ["198.51.100.0", 24, "documentation"],
  ["203.0.113.0", 24, "documentation"],
  ["224.0.0.0", 4, "multicast"],
  ["255.255.255.255", 32, "broadcast"],
  ["240.0.0.0", 4, "reserved"]
]

/** Ranges of IPv6 that have a name of their own; what is left outside of 2000::/3 is closed as well. */
const closedIPv6: ReadonlyArray<readonly [network: string, prefix: number, name: string]> = [
  ["::", 128, "unspecified"],
  ["::1", 128, "loopback"],
  ["64:ff9b:1::", 48, "local NAT64"],
  ["100::", 64, "discard only"],
  ["2001:db8::", 32, "documentation"],
  ["2001::", 32, "Teredo"],
  ["2001::", 23, "protocol assignments"],
  ["2002::", 16, "6to4"],
  ["3fff::", 20, "documentation"],
  ["fc00::", 7, "unique local"],
  ["fe80::", 10, "link-local"],
  ["fec0::", 10, "site-local"],
  ["ff00::", 8, "multicast"]
]

/** Prefixes whose last 32 bits are an IPv4 address that is really meant. */
const carriers: ReadonlyArray<readonly [network: string, name: string]> = [
  ["::ffff:0:0", "IPv4-mapped"],
  ["64:ff9b::", "NAT64"]
]

const bytesOfIPv4 = (text: string): ReadonlyArray<number> => text.split(".").map(Number)

/** The sixteen bytes of an IPv6 address; the URL parser does the reading. */
const bytesOfIPv6 = (text: string): ReadonlyArray<number> | undefined => {
  const zone = text.indexOf("%")
  const url = URL.parse(`http://[${zone === -1 ? text : text.slice(0, zone)}]/`)
  if (url === null) return undefined
  const [head = "", tail] = url.hostname.slice(1, -1).split("::")
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)))
  const [left, right] = [groups(head), groups(tail ?? "")]
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => 0)
  return [...left, ...middle, ...right].flatMap((group) => [group >> 8, group & 0xff])
}

const bytesOf = (address: string): ReadonlyArray<number> | undefined =>
  isIPv4(address) ? bytesOfIPv4(address) : isIP(address) === 6 ? bytesOfIPv6(address) : undefined

const within = (bytes: ReadonlyArray<number>, network: ReadonlyArray<number>, prefix: number): boolean =>
  bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefix - index * 8))
    const mask = (0xff << (8 - bits)) & 0xff
    return (byte & mask) === ((network[index] ?? 0) & mask)
  })

const compileRanges = (ranges: typeof closedIPv4) =>
  ranges.map(([network, prefix, name]) => ({ network: bytesOf(network) ?? [], prefix, name }))

const ipv4 = compileRanges(closedIPv4)
const ipv6 = compileRanges(closedIPv6)
const embedding = compileRanges(carriers.map(([network, name]) => [network, 96, name]))
const globalUnicast = bytesOf("2000::") ?? []

/**
 * The name of the closed range that an address is in, or `undefined` for an address of the public internet. A text
 * that is no address is closed.
 */
export const closedRange = (address: string): string | undefined => {
  const bytes = bytesOf(address)
  if (bytes === undefined) return "not an address"
  if (bytes.length === 4) return ipv4.find(({ network, prefix }) => within(bytes, network, prefix))?.name
  const carrier = embedding.find(({ network, prefix }) => within(bytes, network, prefix))
  if (carrier !== undefined) {
    const inner = closedRange(bytes.slice(12).join("."))
    return inner === undefined ? undefined : `${carrier.name}, ${inner}`
  }
  const special = ipv6.find(({ network, prefix }) => within(bytes, network, prefix))
  if (special !== undefined) return special.name
  return within(bytes, globalUnicast, 3) ? undefined : "reserved"
}

/** Whether an address can only be this machine. A name is none, whatever it resolves to. */
export const isLoopbackAddress = (address: string): boolean => isIP(address) !== 0 && isLoopbackHost(address)
