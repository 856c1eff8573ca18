/**
 * The way to the runtime: name, port, TLS, redirects, clock.
 */
import { lookup } from "node:dns/promises"
import { connect, isIP } from "node:net"
import { connect as connectTls, type PeerCertificate } from "node:tls"
import { codeOf, messageOf } from "../../core/failure.ts"
import { answerText } from "../probe.ts"
import { type Check, type CheckContext, fail, ok, skip, warn } from "../types.ts"

/** Days that a certificate should still be valid: renewals happen at 30, so at 21 one was missed. */
const fewDays = 21

const timeoutOf = ({ settings }: CheckContext) => Math.min(10_000, (settings.timeout ?? 10) * 1000)

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, "")

const portOf = (url: URL) => Number(url.port === "" ? (url.protocol === "https:" ? 443 : 80) : url.port)

const dns: Check = {
  id: "net.dns",
  meaning: "The name of the runtime leads to an address.",
  needs: ["config.base-url"],
  run: async ({ base }) => {
    const host = hostOf(base())
    if (isIP(host) !== 0) return ok(`${host} is an address`)
    try {
      const addresses = await lookup(host, { all: true })
      return ok(`${host} is ${addresses.map(({ address }) => address).join(", ")}`)
    } catch (error) {
      return fail(
        `${host} cannot be resolved (${codeOf(error) ?? messageOf(error)}).`,
        "Check the spelling of the address, and the DNS of this machine."
      )
    }
  }
}

const tcp: Check = {
  id: "net.tcp",
  meaning: "The runtime's port is open for this machine.",
  needs: ["net.dns"],
  run: async (context) => {
    const url = context.base()
    const began = performance.now()
    const socket = connect({ host: hostOf(url), port: portOf(url), timeout: timeoutOf(context) })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve).once("error", reject)
        socket.once("timeout", () => reject(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })))
        context.signal.addEventListener("abort", () => reject(context.signal.reason), { once: true })
      })
      return ok(`port ${portOf(url)} answers in ${Math.round(performance.now() - began)} ms`)
    } catch (error) {
      context.signal.throwIfAborted()
      return fail(
        `Port ${portOf(url)} does not open (${codeOf(error) ?? messageOf(error)}).`,
        "Is the runtime running, and does a firewall or proxy let this machine through?"
      )
    } finally {
      socket.destroy()
    }
  }
}

const tls: Check = {
  id: "net.tls",
  meaning: "The connection is encrypted, the certificate is trusted and made for this name, and it does not end soon.",
  needs: ["net.tcp"],
  run: async (context) => {
    const url = context.base()
    if (url.protocol !== "https:") return skip("plain http")
    try {
      const { error, certificate, protocol } = await handshake(url, timeoutOf(context))
      const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / 86_400_000)
      if (error !== undefined) return fail(`The certificate is not trusted: ${error}.`, trustFix(error))
      const summary = `${protocol ?? "TLS"}, valid for ${days} more days (until ${new Date(certificate.valid_to).toISOString().slice(0, 10)})`
      return days < fewDays
        ? warn(`${summary}: fewer than ${fewDays}.`, "See why it was not renewed; most renew at 30 days.")
        : ok(summary)
    } catch (error) {
      context.signal.throwIfAborted()
      return fail(
        `There is no TLS on this port (${codeOf(error) ?? messageOf(error)}).`,
        "Check the port, and that a TLS proxy stands in front of the runtime."
      )
    }
  }
}

interface Handshake {
  readonly error: string | undefined
  readonly certificate: PeerCertificate
  readonly protocol: string | null
}

/** Connects whatever the certificate is, to say what is wrong with it. */
const handshake = (url: URL, timeout: number): Promise<Handshake> =>
  new Promise((resolve, reject) => {
    const host = hostOf(url)
    const socket = connectTls({
      host,
      port: portOf(url),
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {})
    })
    socket.setTimeout(timeout, () => socket.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })))
    socket.once("error", reject)
    socket.once("secureConnect", () => {
      const trust: unknown = socket.authorizationError
      resolve({
        error: socket.authorized
          ? undefined
          : trust instanceof Error
            ? (codeOf(trust) ?? trust.message)
            : String(trust),
        certificate: socket.getPeerCertificate(),
        protocol: socket.getProtocol()
      })
      socket.destroy()
    })
  })

const trustFix = (error: string): string => {
  if (error.includes("EXPIRED")) return "Renew the certificate."
  if (error.includes("ALTNAME")) return "Use the name that the certificate is made for, or get one for this name."
  if (/SELF_SIGNED|ISSUER_CERT|LEAF_SIGNATURE/.test(error)) {
    return "Use a certificate of a public authority with its whole chain; for one of your own set NODE_EXTRA_CA_CERTS."
  }
  return "Look at the certificate and at its chain."
}

const redirect: Check = {
  id: "net.redirect",
  meaning:
    "The address is the final one: the SDK follows no redirect, because the key must not travel to another host.",
  needs: ["net.tcp"],
  run: async ({ probe }) => {
    const answer = await probe("/health", { anonymous: true })
    if (answer.status === 0) return skip(`there is no answer (${answerText(answer)})`)
    if (answer.status < 300 || answer.status >= 400) return ok("no redirect")
    const to = answer.headers.get("location")
    const origin = to !== null && URL.canParse(to) ? new URL(to).origin : "another path"
    return fail(`The runtime redirects to ${origin} (status ${answer.status}).`, "Use the address that it leads to.")
  }
}

const skew: Check = {
  id: "time.skew",
  meaning: "The clocks agree: webhooks are refused when their time differs by more than five minutes.",
  needs: ["net.tcp"],
  run: async ({ probe }) => {
    const answer = await probe("/health", { anonymous: true })
    const date = answer.headers.get("date")
    if (answer.status === 0) return fail(`There is no answer (${answerText(answer)}).`, "See the checks above.")
    if (date === null || Number.isNaN(Date.parse(date))) return skip("the runtime sends no Date")
    // The header has whole seconds: on average it is half a second behind.
    const seconds = (answer.middle - Date.parse(date) - 500) / 1000
    const off = Math.abs(seconds)
    const which = seconds > 0 ? "this machine is ahead of the runtime" : "this machine is behind the runtime"
    if (off <= 5) return ok("within 5 seconds")
    const detail = `${Math.round(off)} seconds apart: ${which}.`
    const fix = "Turn on time synchronisation (NTP) on both machines."
    return off > 60 ? fail(detail, fix) : warn(detail, fix)
  }
}

/** The checks of this file. */
export const networkChecks: ReadonlyArray<Check> = [dns, tcp, tls, redirect, skew]
