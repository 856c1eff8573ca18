/**
 * Checks the three things a client needs. Every refusal names the option, the variable that usually holds it, and
 * what to do; none repeats a secret.
 */
import { ConfigError } from "../errors/Errors.ts"
import { isLoopbackHost } from "./loopback.ts"
import { keyMistakeOf, mistakeOf } from "./mistakes.ts"

/** Where the runtime is: an origin and a base path without a trailing slash. */
export interface Address {
  readonly origin: string
  readonly basePath: string
}

/** The environment variables of the runtime's documentation. */
export const variables = {
  baseUrl: "AYWA_RUNTIME_BASE_URL",
  apiKey: "AYWA_RUNTIME_API_KEY",
  organizationId: "AYWA_RUNTIME_ORGANIZATION_ID"
} as const

const refuse = (field: keyof typeof variables, message: string): ConfigError =>
  new ConfigError({
    field,
    variable: variables[field],
    message: `${field} ${message}${message.includes(variables[field]) ? "" : ` (Usually set as ${variables[field]}.)`}`
  })

const fix = `Set ${variables.baseUrl} to the address of your own runtime (https://host[:port][/path]) and pass it as baseUrl.`

// The vendor's control plane, by its last labels: billing and licences live there, never a runtime.
const controlPlane = ["aywaruntime", "com"]

/** Reads a base URL, or throws a ConfigError. */
export const address = (input: unknown, options: { readonly allowInsecure?: boolean | undefined }): Address => {
  if (input === undefined || input === null) {
    throw refuse("baseUrl", `is missing: there is no default address. ${fix}${markedName("baseUrl")}`)
  }
  if (typeof input !== "string") throw refuse("baseUrl", `must be a string, not ${typeof input}. ${fix}`)
  const text = input.trim()
  if (text === "" && !input.includes("\uFEFF")) throw refuse("baseUrl", `is empty: there is no default address. ${fix}`)
  // Of the text as it came: `trim` takes a byte order mark for white space.
  const mistake = mistakeOf(input)
  if (mistake !== undefined) throw refuse("baseUrl", `${mistake}. ${fix}`)
  if (!/^https?:\/\//i.test(text)) {
    throw refuse("baseUrl", `must be an absolute URL that starts with https:// or http://. ${fix}`)
  }
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw refuse("baseUrl", `is not a URL that can be read. ${fix}`)
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("baseUrl", "must not contain a user name or password. Take them out; the API key goes into apiKey.")
  }
  if (text.includes("?")) throw refuse("baseUrl", "must not contain a query (the part from ? on). Take it out.")
  if (text.includes("#")) throw refuse("baseUrl", "must not contain a fragment (the part from # on). Take it out.")
  const labels = url.hostname.toLowerCase().replace(/\.$/, "").split(".")
  if (labels.slice(-2).join(".") === controlPlane.join(".")) {
    throw refuse("baseUrl", `is a host of the vendor's control plane, which is never a runtime. ${fix}`)
  }
  if (url.protocol === "http:" && options.allowInsecure !== true && !isLoopbackHost(url.hostname)) {
    throw refuse(
      "baseUrl",
      "is plain http to a host that is not loopback: the API key would travel unencrypted. " +
        "Use https, or set allowInsecure: true if the network between is yours."
    )
  }
  return { origin: url.origin, basePath: url.pathname.replace(/\/{2,}/g, "/").replace(/\/$/, "") }
}

/** The first character of `text` that may not stand in a header value, as a description without the text. */
export const badCharacter = (text: string): string | undefined => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x21 || code > 0x7e) {
      return `has the character U+${code.toString(16).toUpperCase().padStart(4, "0")} at index ${i}`
    }
  }
  return undefined
}

/** Checks an API key, or throws a ConfigError that never shows it. */
export const apiKey = (input: unknown): string => {
  const how = `Create a runtime API key in your runtime's dashboard and set ${variables.apiKey}.`
  if (input === undefined || input === null) throw refuse("apiKey", `is missing. ${how}${markedName("apiKey")}`)
  if (typeof input !== "string") throw refuse("apiKey", `must be a string, not ${typeof input}. ${how}`)
  if (input.trim() === "") throw refuse("apiKey", `is empty. ${how}`)
  const mistake = keyMistakeOf(input)
  if (mistake !== undefined) throw refuse("apiKey", `${mistake}. ${how}`)
  const bad = badCharacter(input)
  if (bad !== undefined) {
    throw refuse("apiKey", `${bad}: keys are visible ASCII only. Copy it again, without line breaks or quotes.`)
  }
  return input
}

/**
 * Checks an organization id; absent is fine, empty counts as absent, as variables do. One of spaces is refused: without
 * an organization another one than was meant may answer.
 */
export const organizationId = (input: unknown): string | undefined => {
  if (input === undefined || input === null) return undefined
  if (typeof input !== "string") throw refuse("organizationId", `must be a string, not ${typeof input}.`)
  if (input === "") return undefined
  const text = input.trim()
  if (text === "")
    throw refuse("organizationId", "is blank. Give the id, or leave it out for the organization of the key.")
  const mistake = mistakeOf(input)
  if (mistake !== undefined) throw refuse("organizationId", `${mistake}. Copy the id again, or leave it out.`)
  const bad = badCharacter(text)
  if (bad !== undefined) throw refuse("organizationId", `${bad}: ids are visible ASCII only. Copy it again.`)
  return text
}

/** Where a variable went whose file begins with a byte order mark: the first name of such a file is read with it. */
const markedName = (field: keyof typeof variables): string => {
  const env = read(read(globalThis, "process"), "env")
  return read(env, `\uFEFF${variables[field]}`) === undefined
    ? ""
    : ` ${variables[field]} is there with a byte order mark before its name: save the file that sets it as UTF-8 without one.`
}

/**
 * Refuses to run where the key would be public. A server may have a DOM library (jsdom, happy-dom), and still is one:
 * Node says so, and where it is a window (Electron) it says that.
 */
export const refuseBrowser = (): void => {
  const process = read(globalThis, "process")
  if (typeof read(read(process, "versions"), "node") === "string" && read(process, "type") !== "renderer") return
  const document: unknown = read(read(globalThis, "window"), "document")
  if (
    document !== undefined ||
    typeof read(globalThis, "importScripts") === "function" ||
    read(read(globalThis, "navigator"), "product") === "ReactNative"
  ) {
    throw new ConfigError({
      field: "environment",
      message:
        "This SDK runs in trusted backend code only: in a browser or a mobile app the API key would be public. " +
        "Call it from a server of yours."
    })
  }
}

const read = (object: unknown, key: string): unknown =>
  typeof object === "object" && object !== null ? Reflect.get(object, key) : undefined
