/**
 * Addresses that a row's events go to, and their move to others.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { invalid } from "../errors/MigrationError.ts"
import { type Bundle, isObject } from "./Bundle.ts"

/** An address and where it stands. */
export interface Address {
  readonly path: string
  readonly url: string
}

/** The addresses of a row, at any depth: `server.url`, and `serverUrl`, its older form. */
export const addresses = (value: unknown, path = ""): ReadonlyArray<Address> => {
  const all: Array<Address> = []
  move(value, path, (address) => {
    all.push(address)
    return address.url
  })
  return all
}

const move = (value: unknown, path: string, to: (address: Address) => string): unknown => {
  if (Array.isArray(value)) return value.map((item, at) => move(item, `${path}[${at}]`, to))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const here = path === "" ? key : `${path}.${key}`
      if (key === "serverUrl" && typeof item === "string" && item !== "") return [key, to({ path: here, url: item })]
      if (key !== "server" || !isObject(item) || typeof item["url"] !== "string" || item["url"] === "") {
        return [key, move(item, here, to)]
      }
      return [key, { ...item, url: to({ path: `${here}.url`, url: item["url"] }) }]
    })
  )
}

/**
 * A bundle whose webhook addresses are those that the runtime is to send to. Each key of `changes` is an address, or the
 * beginning of addresses that ends before `/`, `?` or `#`; its value takes its place, and the longest key wins. Give the
 * result to `planImport`, `runImport` and `compareAccounts`. A key that no address begins with is refused.
 *
 * @since 0.2.0
 * @category bundle
 */
export const setServerUrls = (bundle: Bundle, changes: Readonly<Record<string, string>>): Bundle => {
  const entries = Object.entries(changes).sort(([a], [b]) => b.length - a.length)
  for (const [old, next] of entries) {
    if (!URL.canParse(old)) return invalid("changes", `${JSON.stringify(old)} is no address: https://…`)
    if (!URL.canParse(next) || !/^(https?|wss?):$/.test(new URL(next).protocol)) {
      return invalid("changes", `${JSON.stringify(next)} is no address: https://… or wss://…`)
    }
  }
  const used = new Set<string>()
  const moved = Object.fromEntries(
    Object.entries(bundle).map(([name, rows]) => [
      name,
      rows.map((row) =>
        move(row, "", ({ url }) => {
          const [old, next] = entries.find(([old]) => beginsWith(url, old)) ?? []
          if (old === undefined || next === undefined) return url
          used.add(old)
          const rest = url.slice(old.length)
          return rest.startsWith("/") ? next.replace(/\/$/, "") + rest : next + rest
        })
      )
    ])
  )
  const unused = entries.map(([old]) => old).filter((old) => !used.has(old))
  if (unused.length > 0) return invalid("changes", `no server address of the bundle begins with ${unused.join(", ")}`)
  return moved as Record<string, ReadonlyArray<JsonObject>> // Objects stay objects.
}

const beginsWith = (url: string, old: string): boolean =>
  url.startsWith(old) && (url.length === old.length || /[/?#]$/.test(old) || /^[/?#]/.test(url.slice(old.length)))
