/**
 * Files and what knowledge bases are made of, by content: from the source into a folder, from there into the runtime.
 *
 * @since 0.2.0
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { AywaRuntimeClient, JsonObject } from "@aywa-ai/runtime-sdk"
import { type Bundle, digest, idOf, isObject } from "../bundle/Bundle.ts"
import { baseOf, type SourceOptions } from "../bundle/source.ts"
import { checkOptions } from "../errors/checkOptions.ts"
import { fail } from "../errors/MigrationError.ts"
import { readLedgerFile, writeLedgerFile } from "../ledger/files.ts"
import type { Mapping } from "../ledger/Mapping.ts"
import { digestOf, type Kept, makeDownloader } from "./download.ts"
import { addLines, readLines } from "./lines.ts"

/**
 * What became of a file.
 *
 * @since 0.2.0
 * @category models
 */
export interface FileOutcome {
  readonly sourceId: string
  /** `unchanged`: it was there, and its content was compared. `missing`: there is no content of it. */
  readonly action: "downloaded" | "uploaded" | "unchanged" | "missing" | "failed"
  /** SHA-256 of its content, in hex. */
  readonly digest?: string
  readonly bytes?: number
  readonly runtimeId?: string
  /** For `missing` and `failed`: why. */
  readonly detail?: string
}

/**
 * What became of the files of a bundle.
 *
 * @since 0.2.0
 * @category models
 */
export interface FileReport {
  /** Whether every file is where it was to go, by its digest. */
  readonly ok: boolean
  readonly files: ReadonlyArray<FileOutcome>
}

/**
 * Options of `fetchFiles`.
 *
 * @since 0.2.0
 * @category models
 */
export interface FetchFilesOptions extends SourceOptions {
  /** The folder of the bundle: contents go into `content/` there. */
  readonly folder: string
  readonly onFile?: ((file: FileOutcome) => void) | undefined
}

const contentOf = (folder: string) => join(folder, "content")
const indexOf = (folder: string) => join(contentOf(folder), "files.jsonl")

/** Contents that are kept, by the file's id in the source. */
const keptIn = (folder: string): ReadonlyMap<string, Kept> =>
  new Map([...readLines(indexOf(folder))].map((row) => [String(row["sourceId"]), readKept(row)]))

const readKept = (row: JsonObject): Kept => ({
  digest: String(row["digest"]),
  bytes: Number(row["bytes"]),
  mediaType: String(row["mediaType"]),
  file: String(row["file"])
})

/**
 * Downloads the content of each file of a bundle, named by its SHA-256. Run again, it downloads what is missing. The key
 * goes to the source's own origin and nowhere else.
 *
 * @since 0.2.0
 * @category bundle
 */
export const fetchFiles = async (bundle: Bundle, options: FetchFilesOptions): Promise<FileReport> => {
  checkOptions("fetchFiles", options, {
    baseUrl: true,
    apiKey: true,
    requestsPerSecond: true,
    timeout: true,
    signal: true,
    folder: true,
    onFile: true
  })
  const { folder, onFile } = options
  const download = makeDownloader(options)
  const before = keptIn(folder)
  return each(bundle, onFile, async (row, sourceId) => {
    const known = before.get(sourceId)
    if (known !== undefined && existsSync(join(contentOf(folder), known.file))) {
      return { sourceId, action: "unchanged", digest: known.digest, bytes: known.bytes }
    }
    // Without an address of its own it is behind the API, as in another runtime.
    const own = `${baseOf(options.baseUrl)}/file/${encodeURIComponent(sourceId)}/content`
    const url = typeof row["url"] === "string" && row["url"] !== "" ? row["url"] : own
    const result = await download(url, contentOf(folder))
    if ("gone" in result) return { sourceId, action: "missing", detail: result.gone }
    if ("failed" in result) return { sourceId, action: "failed", detail: result.failed }
    const { kept } = result
    if (typeof row["bytes"] === "number" && row["bytes"] !== kept.bytes) {
      return { sourceId, action: "failed", detail: `it has ${kept.bytes} bytes, and the source says ${row["bytes"]}` }
    }
    addLines(indexOf(folder), [{ sourceId, ...kept }])
    return { sourceId, action: "downloaded", digest: kept.digest, bytes: kept.bytes }
  })
}

const each = async (
  bundle: Bundle,
  onFile: ((file: FileOutcome) => void) | undefined,
  work: (row: JsonObject, sourceId: string) => Promise<FileOutcome>
): Promise<FileReport> => {
  const files: Array<FileOutcome> = []
  for (const row of bundle.files ?? []) {
    const sourceId = idOf(row)
    if (sourceId === "") continue
    const outcome = await work(row, sourceId)
    files.push(outcome)
    onFile?.(outcome)
  }
  return { ok: files.every(({ action }) => action !== "missing" && action !== "failed"), files }
}

/**
 * Options of `uploadFiles`.
 *
 * @since 0.2.0
 * @category models
 */
export interface UploadFilesOptions {
  /** The folder that `fetchFiles` wrote. */
  readonly folder: string
  /** File of the ledger, JSON Lines or CSV: read before, written after each file. */
  readonly ledger: string
  /** Names the source account. Default `vapi`. */
  readonly source?: string | undefined
  /** Milliseconds for one upload. Default 600,000. */
  readonly timeout?: number | undefined
  readonly onFile?: ((file: FileOutcome) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Uploads what `fetchFiles` downloaded: each content is compared with its digest before, read back from the runtime and
 * compared again, and mapped in the ledger, so that an import leads tools and their knowledge bases to the new files. Run
 * again, it uploads what is not there, and what has other content there.
 *
 * @since 0.2.0
 * @category import
 */
export const uploadFiles = async (
  aywa: Pick<AywaRuntimeClient, "files">,
  bundle: Bundle,
  options: UploadFilesOptions
): Promise<FileReport> => {
  checkOptions("uploadFiles", options, {
    folder: true,
    ledger: true,
    source: true,
    timeout: true,
    onFile: true,
    signal: true
  })
  const { folder, ledger, source = "vapi", timeout = 600_000, onFile, signal } = options
  const kept = keptIn(folder)
  const calls = { timeout, deadline: 3 * timeout, signal }
  return each(bundle, onFile, async (row, sourceId) => {
    if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
    const content = kept.get(sourceId)
    const path = content === undefined ? undefined : join(contentOf(folder), content.file)
    if (content === undefined || path === undefined || !existsSync(path)) {
      return {
        sourceId,
        action: "missing",
        detail: "its content was not downloaded: fetchFiles (migrate export --files)"
      }
    }
    if ((await digestOf(path)) !== content.digest) {
      return {
        sourceId,
        action: "failed",
        detail: `${path} is not what was downloaded: remove it and download it again`
      }
    }
    const common = { sourceId, digest: content.digest, bytes: content.bytes }
    const mapping = { source, resource: "file", sourceId }
    const known = readLedgerFile(ledger).find((one) => isOf(one, mapping))?.runtimeId
    if (known !== undefined && (await remoteDigest(aywa, known, calls)) === content.digest) {
      return { ...common, action: "unchanged", runtimeId: known }
    }
    const name = typeof row["originalName"] === "string" ? row["originalName"] : row["name"]
    const metadata = isObject(row["metadata"]) ? row["metadata"] : undefined
    const uploaded = await aywa.files.upload(
      {
        file: { path },
        name: typeof name === "string" && name !== "" ? name : content.file,
        contentType: typeof row["mimetype"] === "string" ? row["mimetype"] : content.mediaType,
        ...(typeof row["purpose"] === "string" ? { purpose: row["purpose"] } : {}),
        ...(metadata === undefined ? {} : { metadata })
      },
      // What replaces another upload is another create.
      { ...calls, idempotencyKey: `aywa-file-${digest(source, sourceId, content.digest, known ?? "")}` }
    )
    if ((await remoteDigest(aywa, uploaded.id, calls)) !== content.digest) {
      return {
        ...common,
        action: "failed",
        runtimeId: uploaded.id,
        detail: "the runtime has other content than was sent"
      }
    }
    const others = readLedgerFile(ledger).filter((one) => !isOf(one, mapping))
    writeLedgerFile(ledger, [...others, { ...mapping, runtimeId: uploaded.id }], "replace")
    return { ...common, action: "uploaded", runtimeId: uploaded.id }
  })
}

const isOf = (one: Mapping, key: Omit<Mapping, "runtimeId">): boolean =>
  one.source === key.source && one.resource === key.resource && one.sourceId === key.sourceId

/** The digest of a file of the runtime; `undefined` where there is none. */
const remoteDigest = async (
  aywa: Pick<AywaRuntimeClient, "files">,
  id: string,
  {
    timeout,
    deadline,
    signal
  }: { readonly timeout: number; readonly deadline: number; readonly signal: AbortSignal | undefined }
): Promise<string | undefined> => {
  try {
    const bytes = await aywa.files.content(id, { timeout, deadline, signal })
    return createHash("sha256").update(bytes).digest("hex")
  } catch (error) {
    if (Reflect.get(Object(error), "_tag") === "NotFound") return undefined
    throw error
  }
}
