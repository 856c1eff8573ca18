/**
 * Whether a host can only be this machine. Needs no module of Node, so that any entry may use it.
 */

/** Hosts as the URL parser writes them: names in lower case, IPv4 with dots, IPv6 compressed and in brackets. */
const loopback = /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/

/**
 * Whether a host can only be this machine: `localhost` and the names below it (RFC 6761), 127.0.0.0/8, `::1`, and
 * 127.0.0.0/8 inside an IPv6 address. Takes `url.hostname` or a bare address, without a port.
 *
 * **Gotchas**
 *
 * That another name resolves to this machine does not count: it may resolve to something else a moment later.
 *
 * @since 0.2.0
 * @category guards
 */
export const isLoopbackHost = (host: string): boolean => {
  // What it mostly is, and on every request of a server: then nothing has to be parsed.
  if (host === "127.0.0.1" || host === "localhost") return true
  const bare = host.replace(/^\[(.*)\]$/, "$1")
  // Nothing that the parser would read as a user, a port or a path.
  if (!/^[\w.:-]+$/.test(bare)) return false
  const url = URL.parse(`http://${bare.includes(":") ? `[${bare}]` : bare}/`)
  return url !== null && loopback.test(url.hostname)
}
