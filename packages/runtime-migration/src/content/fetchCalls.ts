/**
 * Calls of the source account, with transcripts and recordings, into a folder: recordings expire at the source.
 *
 * @since 0.2.0
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { digest, idOf, isObject } from "../bundle/Bundle.ts"
import { connect, type Source, type SourceOptions } from "../bundle/source.ts"
import { checkOptions } from "../errors/checkOptions.ts"
import { fail, invalid } from "../errors/MigrationError.ts"
import { replaceFile } from "../ledger/files.ts"
import { type Download, type Downloader, keepText, makeDownloader } from "./download.ts"
import { addLines, readLines } from "./lines.ts"

/**
 * Options of `fetchCalls`.
 *
 * @since 0.2.0
 * @category models
 */
export interface FetchCallsOptions extends SourceOptions {
  /** Where calls go: `calls.jsonl`, `contents.jsonl` and `content/` in `calls/` below it. */
  readonly folder: string
  /** Only calls that were created at or after this time, in ISO 8601. */
  readonly since?: string | undefined
  /** Leaves recordings out. Default: they are downloaded. */
  readonly recordings?: boolean | undefined
  /** Calls per request, 1 to 1000. Default 100. */
  readonly pageSize?: number | undefined
  /** Told after every page and every content. */
  readonly onProgress?: ((progress: { readonly calls: number; readonly contents: number }) => void) | undefined
}

/**
 * What is in the folder of calls.
 *
 * @since 0.2.0
 * @category models
 */
export interface CallsReport {
  /** Whether all that the source still has is there. Another run goes on where this one could not. */
  readonly ok: boolean
  /** Calls in the folder, and how many of them came in this run. */
  readonly calls: number
  readonly added: number
  /** Calls that had not ended yet: a later run takes them. */
  readonly open: number
  readonly transcripts: number
  readonly recordings: number
  /** Contents that the source does not give any more. */
  readonly gone: ReadonlyArray<LostContent>
  /** Contents that could not be read this time. */
  readonly failed: ReadonlyArray<LostContent>
}

/**
 * A content that is not in the folder.
 *
 * @since 0.2.0
 * @category models
 */
export interface LostContent {
  readonly callId: string
  /** Where its address stands, such as `artifact.recordingUrl`. */
  readonly path: string
  readonly detail: string
}

/**
 * Reads all calls of the source account that have ended, newest first, into a folder. Interrupted or run again later, it
 * goes on: calls and contents that are there are not read again. Each row is kept as the source answered it; transcripts
 * and recordings are files that are named by their SHA-256, and `contents.jsonl` says whose they are.
 *
 * @since 0.2.0
 * @category bundle
 */
export const fetchCalls = async (options: FetchCallsOptions): Promise<CallsReport> => {
  checkOptions("fetchCalls", options, {
    baseUrl: true,
    apiKey: true,
    requestsPerSecond: true,
    timeout: true,
    signal: true,
    folder: true,
    since: true,
    recordings: true,
    pageSize: true,
    onProgress: true
  })
  const { pageSize = 100, since, onProgress } = options
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) return invalid("pageSize", "expected 1 to 1000")
  if (since !== undefined && Number.isNaN(Date.parse(since))) return invalid("since", "expected a time in ISO 8601")
  const source = connect(options)
  const folder = join(options.folder, "calls")
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const known = new Set<string>()
  for (const row of readLines(join(folder, "calls.jsonl"))) known.add(idOf(row))
  const before = known.size
  const tell = (contents: number) => onProgress?.({ calls: known.size, contents })
  const open = await readCalls(source, folder, known, pageSize, since, () => tell(0))
  const { recordings = true } = options
  // A recording takes longer than a page.
  const download = recordings ? makeDownloader({ ...options, timeout: undefined }) : undefined
  const contents = await keepContents(folder, download, freshly(source), options.signal, tell)
  const { gone, failed } = contents
  const counts = { transcripts: contents.transcripts, recordings: contents.recordings }
  return { ok: failed.length === 0, calls: known.size, added: known.size - before, open, ...counts, gone, failed }
}

/** Where the walk over the calls was left. */
interface Walk {
  /** Created at this time or before is what comes next; `undefined` at the beginning of a walk. */
  readonly le: string | undefined
  readonly limit: number
  /** What is older was read by an earlier walk. */
  readonly ge: string | undefined
  /** The newest call of this walk, and the oldest one that had not ended. */
  readonly newest: string | undefined
  readonly open: string | undefined
  readonly since: string | undefined
}

const readWalk = (file: string, pageSize: number, since: string | undefined): Walk => {
  const fresh = { le: undefined, limit: pageSize, ge: since, newest: undefined, open: undefined, since }
  if (!existsSync(file)) return fresh
  const json: unknown = JSON.parse(readFileSync(file, "utf8"))
  if (!isObject(json)) return fail({ _tag: "UnreadableFile", file, detail: "remove it: the walk begins anew then" })
  const text = (name: string) => (typeof json[name] === "string" ? json[name] : undefined)
  // From another time on: all of it is walked over again, and what is known is passed by.
  if (text("since") !== since) return fresh
  return {
    le: text("le"),
    limit: Number(json["limit"] ?? pageSize),
    ge: text("ge"),
    newest: text("newest"),
    open: text("open"),
    since
  }
}

const times = (rows: ReadonlyArray<JsonObject>): ReadonlyArray<string> =>
  rows.flatMap(({ createdAt }) => (typeof createdAt === "string" ? [createdAt] : [])).toSorted()

const earliest = (...times: ReadonlyArray<string | undefined>): string | undefined =>
  times.filter((time) => time !== undefined).toSorted()[0]

const hasEnded = ({ status }: JsonObject): boolean => status === undefined || status === null || status === "ended"

/** Adds the calls that are not known, and counts those that had not ended. */
const readCalls = async (
  source: Source,
  folder: string,
  known: Set<string>,
  pageSize: number,
  since: string | undefined,
  onPage: () => void
): Promise<number> => {
  const file = join(folder, "walk.json")
  const odd = (detail: string) => fail({ _tag: "SourceFailed", path: "/call", status: 200, detail })
  let walk = readWalk(file, pageSize, since)
  let open = 0
  const seen = new Set<string>()
  for (;;) {
    const { le, ge, limit } = walk
    const query = { limit: String(limit), ...(le && { createdAtLe: le }), ...(ge && { createdAtGe: ge }) }
    const body = await source("call", query)
    if (body === undefined) return fail({ _tag: "SourceFailed", path: "/call", status: 404, detail: "check baseUrl" })
    const rows: unknown = Array.isArray(body) ? body : isObject(body) ? body["results"] : undefined
    if (!Array.isArray(rows) || !rows.every(isObject)) return odd("expected a list of calls")
    const fresh = rows.filter((row) => !known.has(idOf(row)) && !seen.has(idOf(row)))
    const ended = fresh.filter(hasEnded)
    const running = fresh.filter((row) => !hasEnded(row))
    addLines(join(folder, "calls.jsonl"), ended)
    for (const row of ended) known.add(idOf(row))
    for (const row of running) seen.add(idOf(row))
    open += running.length
    const [oldest, newest] = [times(rows)[0], times(rows).at(-1)]
    walk = { ...walk, newest: walk.newest ?? newest, open: earliest(walk.open, ...times(running)) }
    onPage()
    if (rows.length < limit) break
    if (oldest === undefined) return odd("calls without createdAt cannot be listed to their end")
    // With room for those of the same instant that were in this page.
    const same = rows.filter(({ createdAt }) => createdAt === oldest).length
    const room = Math.min(1000, pageSize + same)
    if (oldest === le && room <= limit && fresh.length === 0) {
      return odd("more than 1000 calls were created in the same millisecond, or createdAtLe is not understood")
    }
    walk = { ...walk, le: oldest, limit: room }
    replaceFile(file, JSON.stringify(walk))
  }
  // The next walk ends where this one began, or at the oldest call that had not ended.
  const ge = walk.open ?? walk.newest ?? walk.ge
  replaceFile(file, JSON.stringify({ limit: pageSize, ge, since }))
  return open
}

/** A content that a call has: its words, or an address. */
interface Content {
  readonly path: string
  readonly kind: "transcript" | "recording"
  readonly value: string
}

const contentsOf = (call: JsonObject): ReadonlyArray<Content> => {
  const found: Array<Content> = []
  const look = (value: unknown, path: string): void => {
    if (!isObject(value)) return
    for (const [key, item] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`
      if (typeof item !== "string" || item === "") look(item, at)
      else if (key === "transcript") found.push({ path: at, kind: "transcript", value: item })
      else if (isRecording.test(at)) found.push({ path: at, kind: "recording", value: item })
    }
  }
  look(call, "")
  return found
}

const isRecording = /(^|\.)(recordingUrl|stereoRecordingUrl|videoRecordingUrl|recording\.(.*\.)?\w*Url)$/

/** The address of a content as the source gives it out now: those of a row may have been signed for a while only. */
type Freshly = (callId: string, path: string) => Promise<string | undefined>

const freshly =
  (source: Source): Freshly =>
  async (callId, path) => {
    const call = await source(`call/${encodeURIComponent(callId)}`, {})
    return isObject(call) ? contentsOf(call).find((content) => content.path === path)?.value : undefined
  }

/** Calls whose contents are looked at together. */
const atOnce = 4

const keepContents = async (
  folder: string,
  download: Downloader | undefined,
  fresh: Freshly,
  signal: AbortSignal | undefined,
  tell: (contents: number) => void
) => {
  const index = join(folder, "contents.jsonl")
  const counts = { transcript: 0, recording: 0 }
  const gone: Array<LostContent> = []
  const failed: Array<LostContent> = []
  const done = new Set<string>()
  const note = (row: JsonObject): void => {
    done.add(String(row["id"]))
    if (typeof row["gone"] === "string") {
      gone.push({ callId: String(row["callId"]), path: String(row["path"]), detail: row["gone"] })
    } else counts[row["kind"] === "transcript" ? "transcript" : "recording"]++
  }
  for (const row of readLines(index)) note(row)
  const work = async (callId: string, { path, kind, value }: Content, id: string): Promise<void> => {
    const into = join(folder, "content")
    const again = async (before: Download) => {
      const now = await fresh(callId, path)
      return now === undefined || now === value ? before : await download?.(now, into)
    }
    const first = kind === "transcript" ? { kept: await keepText(value, into) } : await download?.(value, into)
    const result = first !== undefined && "gone" in first ? await again(first) : first
    if (result === undefined) return
    if ("failed" in result) {
      failed.push({ callId, path, detail: result.failed })
      return
    }
    // Of an address only a digest: it may be a key to what it leads to.
    const row = { id, callId, path, kind, ...("kept" in result ? result.kept : { gone: result.gone }) }
    addLines(index, [row])
    note(row)
    tell(counts.transcript + counts.recording)
  }
  const calls = readLines(join(folder, "calls.jsonl"))
  const worker = async () => {
    // They share one iterator: each takes the next call.
    for (const call of { [Symbol.iterator]: () => ({ next: () => calls.next() }) }) {
      for (const content of contentsOf(call)) {
        if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
        const id = digest(idOf(call), content.path)
        if (!done.has(id)) await work(idOf(call), content, id)
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, worker))
  calls.return()
  for (const one of ended) if (one.status === "rejected") throw one.reason
  return { transcripts: counts.transcript, recordings: counts.recording, gone, failed }
}
