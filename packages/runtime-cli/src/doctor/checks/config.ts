/**
 * What is configured, before anything is sent: address, key, organization, leftovers.
 */
import { statSync } from "node:fs"
import { AywaRuntimeClient, isRuntimeError } from "@aywa-ai/runtime-sdk"
import { isLoopbackUrl } from "../../core/loopback.ts"
import { variables } from "../../core/settings.ts"
import { type Check, fail, ok, type Outcome, warn } from "../types.ts"

/** What the SDK itself says about a value: the same refusals as in a program. */
const refusal = (options: ConstructorParameters<typeof AywaRuntimeClient>[0]): string | undefined => {
  try {
    void new AywaRuntimeClient(options)
    return undefined
  } catch (error) {
    if (isRuntimeError(error)) return error.message
    throw error
  }
}

const baseUrl: Check = {
  id: "config.base-url",
  meaning: "The address of the runtime is explicit: there is no default, and the control plane is never a runtime.",
  needs: [],
  run: async ({ settings }) => {
    const { address, allowHttp } = settings
    const problem = refusal({ baseUrl: address?.value, apiKey: "doctor", allowInsecure: allowHttp })
    if (address === undefined || problem !== undefined) {
      return fail(problem ?? "There is no address.", `Set ${variables.baseUrl} to the address of your own runtime.`)
    }
    const url = new URL(address.value)
    const where = `${url.origin}${url.pathname === "/" ? "" : url.pathname}, from ${address.source}`
    if (url.protocol === "https:") return ok(where)
    if (isLoopbackUrl(url.href)) return ok(`${where} (plain http, on this machine only)`)
    return warn(`${where}: plain http, so the API key travels unencrypted.`, "Put TLS in front of the runtime.")
  }
}

const key: Check = {
  id: "config.key",
  meaning: "The API key is there, has no copying errors, and is where only this user can read it.",
  needs: [],
  run: async ({ settings, key }) => {
    if (settings.key === undefined) {
      return fail("There is no API key.", `Create one in your runtime's dashboard and set ${variables.apiKey}.`)
    }
    const problem = refusal({ baseUrl: "http://127.0.0.1", apiKey: key() })
    if (problem !== undefined) return fail(problem, `Copy it again into ${variables.apiKey}.`)
    if (settings.key.source === "--api-key") {
      return warn(
        "The key is an argument, which other processes of this machine can see.",
        `Set ${variables.apiKey} instead, or give --env-file.`
      )
    }
    return (
      fileMode(settings.envFile, settings.key.source) ?? ok(`from ${settings.key.source}, ${key().length} characters`)
    )
  }
}

const fileMode = (file: string | undefined, source: string): Outcome | undefined => {
  if (file === undefined || !source.endsWith(` in ${file}`) || process.platform === "win32") return undefined
  const mode = statSync(file).mode & 0o777
  if ((mode & 0o077) === 0) return undefined
  return warn(`${file} can be read by other users (mode ${mode.toString(8)}).`, `chmod 600 ${file}`)
}

const organization: Check = {
  id: "config.organization",
  meaning: "The organization is explicit, so that a key of another one cannot act in the wrong place.",
  needs: [],
  run: async ({ settings }) => {
    if (settings.orgId === undefined) {
      return warn(
        "No organization is given; the one of the key is used.",
        `Set ${variables.organization} to the organization that you mean.`
      )
    }
    const problem = refusal({ baseUrl: "http://127.0.0.1", apiKey: "doctor", organizationId: settings.orgId.value })
    if (problem !== undefined) return fail(problem, `Copy it again into ${variables.organization}.`)
    return ok(`${settings.orgId.value}, from ${settings.orgId.source}`)
  }
}

const leftovers: Check = {
  id: "env.leftovers",
  meaning: "Nothing in the environment still points at the platform that you came from.",
  needs: [],
  run: async ({ env }) => {
    const names = Object.keys(env).filter((name) => /^(NEXT_PUBLIC_)?VAPI_/.test(name) && env[name] !== "")
    if (names.length === 0) return ok("no VAPI_* variable is set")
    return warn(`Still set: ${names.join(", ")}.`, "Unset them once nothing uses the old platform any more.")
  }
}

const publicKey: Check = {
  id: "env.public",
  meaning: "No variable hands the key to a browser build: frameworks inline what has a public prefix.",
  needs: [],
  run: async ({ env, settings, key }) => {
    const secret = settings.key === undefined ? undefined : key()
    const leaks = Object.entries(env).filter(
      ([name, value]) =>
        /^(NEXT_PUBLIC|VITE|PUBLIC|NUXT_PUBLIC|REACT_APP|EXPO_PUBLIC|GATSBY)_/.test(name) &&
        value !== undefined &&
        value !== "" &&
        (/AYWA_RUNTIME_(API_KEY|WEBHOOK_SECRET)/.test(name) || value === secret)
    )
    if (leaks.length === 0) return ok("no variable with a public prefix has the key")
    return fail(
      `${leaks.map(([name]) => name).join(", ")} would end up in browser code.`,
      "Rename it without the prefix, use it on a server only, and rotate the key."
    )
  }
}

/** The checks of this file. */
export const configChecks: ReadonlyArray<Check> = [baseUrl, key, organization, leftovers, publicKey]
