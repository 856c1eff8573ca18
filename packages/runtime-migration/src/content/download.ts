/**
 * Contents by digest: downloaded piece by piece, named by what is in them, so that nothing is kept twice and each can be
 * checked later.
 */
import { createHash } from "node:crypto"
import { createReadStream, mkdirSync, renameSync, rmSync } from "node:fs"
import { open } from "node:fs/promises"
import { extname, join } from "node:path"
import { fail } from "../errors/MigrationError.ts"
import { baseOf, pause, type SourceOptions } from "../bundle/source.ts"

/** A content that is kept. */
export interface Kept {
  /** SHA-256 in hex; the name of its file, before the extension. */
  readonly digest: string
  readonly bytes: number
  readonly mediaType: string
  /** Name of its file in the folder of contents. */
  readonly file: string
}

/** How a download ended. */
export type Download =
  | { readonly kept: Kept }
  /** The source does not have it any more, or never gives it out again. */
  | { readonly gone: string }
  /** It may come another time. */
  | { readonly failed: string }

/** Downloads an address into a folder. */
export type Downloader = (url: string, folder: string) => Promise<Download>

const attempts = 4

/**
 * Makes a downloader. The key goes to the source's own origin and nowhere else; addresses elsewhere have to be `https:`,
 * unless the source itself is on this machine.
 */
export const makeDownloader = ({ baseUrl, apiKey, timeout = 600_000, signal }: SourceOptions): Downloader => {
  const base = new URL(baseOf(baseUrl))
  const once = async (address: URL, folder: string): Promise<Download & { readonly wait?: number }> => {
    const own = address.origin === base.origin
    const limit = AbortSignal.timeout(timeout)
    try {
      const response = await fetch(address, {
        headers: own && apiKey !== undefined ? { authorization: `Bearer ${apiKey}` } : {},
        // A redirect would take the key elsewhere.
        redirect: own ? "error" : "follow",
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit])
      })
      if (response.ok) return { kept: await keep(response, address, folder) }
      await response.body?.cancel()
      const { status } = response
      if (status !== 408 && status !== 429 && status < 500) return { gone: `it answered ${status}` }
      const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
      return { failed: `it answered ${status}`, ...(seconds >= 0 ? { wait: Math.min(120_000, seconds * 1000) } : {}) }
    } catch (error) {
      if (signal?.aborted === true) return fail({ _tag: "Aborted" }, signal.reason)
      // A full disk is no trouble of the source's.
      const code: unknown = Reflect.get(Object(error), "code")
      if (typeof code === "string" && /^(ENOSPC|EDQUOT|EACCES|EROFS|EIO|ENOENT)$/.test(code)) throw error
      return { failed: "no answer, or one that broke off" }
    }
  }
  return async (url, folder) => {
    const address = URL.canParse(url) ? new URL(url) : undefined
    if (address === undefined) return { gone: "it has no address" }
    if (address.protocol !== "https:" && !(address.protocol === "http:" && base.protocol === "http:")) {
      return { gone: `its address is not https but ${address.protocol}` }
    }
    for (let attempt = 1; ; attempt++) {
      const { wait, ...download } = await once(address, folder)
      if (!("failed" in download) || attempt === attempts) return download
      await pause(wait ?? 500 * 2 ** attempt, signal)
    }
  }
}

const keep = async (response: Response, address: URL, folder: string): Promise<Kept> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const beside = join(folder, `${process.pid}-${Math.random().toString(36).slice(2)}.partial`)
  try {
    const hash = createHash("sha256")
    let bytes = 0
    const file = await open(beside, "wx", 0o600)
    try {
      for await (const piece of response.body ?? []) {
        hash.update(piece)
        bytes += piece.length
        await file.writeFile(piece)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    const told = response.headers.get("content-length")
    if (told !== null && !response.headers.has("content-encoding") && Number(told) !== bytes) throw new Error("cut")
    const mediaType = response.headers.get("content-type") ?? "application/octet-stream"
    return named(folder, beside, { digest: hash.digest("hex"), bytes, mediaType, extension: extname(address.pathname) })
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

const named = (
  folder: string,
  beside: string,
  { extension, ...content }: Omit<Kept, "file"> & { readonly extension: string }
): Kept => {
  const file = content.digest + (/^\.[a-z0-9]{1,5}$/i.test(extension) ? extension.toLowerCase() : "")
  renameSync(beside, join(folder, file))
  return { ...content, file }
}

/** Keeps a text as a content. */
export const keepText = (text: string, folder: string): Promise<Kept> =>
  keep(new Response(text, { headers: { "content-type": "text/plain" } }), new URL("file:///text.txt"), folder)

/** The digest of a file as it is now; `undefined` where there is none. */
export const digestOf = async (file: string): Promise<string | undefined> => {
  const hash = createHash("sha256")
  try {
    for await (const piece of createReadStream(file)) hash.update(piece as Uint8Array)
    return hash.digest("hex")
  } catch (error) {
    if (Reflect.get(Object(error), "code") === "ENOENT") return undefined
    throw error
  }
}
