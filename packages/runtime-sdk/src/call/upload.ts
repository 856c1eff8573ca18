/**
 * Uploads: from a source of any kind to a multipart body that can be sent more than once, if the source can be read
 * more than once.
 */
import type { UploadFile } from "../contract/files.ts"
import type { Issue } from "../errors/Errors.ts"
import { unknownName } from "../config/unknownNames.ts"
import { explain, keysOf } from "../schema/codec.ts"
import { encodeBody } from "./encode.ts"
import type { Spec } from "../contract/table.ts"
import type { WireUpload } from "../transport/port.ts"
import { mediaTypeOf } from "./mediaTypes.ts"
import { sourceOf, spent } from "./uploadSource.ts"

/** A form with one file. */
export interface Upload extends WireUpload {
  /** The same for every attempt, boundary included: the runtime may compare bodies. */
  readonly contentType: string
  /** What tells uploads apart, as far as it can be known without reading files and streams. */
  readonly label: () => string
  /** Whether the source can be read only once. */
  readonly once: boolean
  /** Whether the source has been read from. */
  readonly isRead: () => boolean
  /** Whether all of it was taken by the transport in the last attempt. */
  readonly isWhole: () => boolean
  /** What the source failed with while it was read for the last attempt. */
  readonly sourceError: () => { readonly cause: unknown } | undefined
  /** Ends the reading of the last attempt: a transport that has its answer need not have read to the end. */
  readonly close: () => void
}

/** Prepares the upload of an operation: the fields of its form are checked like any body. */
export const prepareUpload = (spec: Spec, body: unknown): Upload | ReadonlyArray<Issue> => {
  const { file: _file, name: _name, contentType: _type, ...rest }: Record<string, unknown> = { ...Object(body) }
  const encoded = encodeBody(rest, new Set())
  if (typeof encoded !== "string") return [encoded]
  const fields: unknown = JSON.parse(encoded)
  const fieldNames = spec.body === undefined ? [] : [...keysOf(spec.body)].map((name) => [name, true] as const)
  const unknown = unknownName(Object(body), {
    file: true,
    name: true,
    contentType: true,
    ...Object.fromEntries(fieldNames)
  })
  const issues = [
    ...(unknown === undefined ? [] : [{ path: [unknown.name], message: unknown.message }]),
    ...(spec.body === undefined ? [] : explain(spec.body, fields))
  ]
  const upload = makeUpload(body, Object(fields))
  if (issues.length === 0) return upload
  return "open" in upload ? issues : [...upload, ...issues]
}

/** Prepares an upload, or says what is wrong with it. `fields` is the rest of the form as JSON. */
const makeUpload = (body: unknown, fields: Readonly<Record<string, unknown>>): Upload | ReadonlyArray<Issue> => {
  const file = Object(body) as Partial<UploadFile> // Every field is looked at before it is used.
  const issues: Array<Issue> = []
  const fault = (field: string, message: string) => issues.push({ path: [field], message })
  const source = sourceOf(file.file)
  if (source === undefined) {
    fault(
      "file",
      "Expected { path }, a Blob, bytes, a stream, or a function that opens a stream (a path alone: { path: … })"
    )
  }
  if (source?.isSpent?.() === true) {
    fault("file", `The stream ${spent}: open it again for each upload, or give a function that opens it`)
  }
  const name = file.name ?? source?.name ?? "file"
  if (typeof name !== "string" || name === "") fault("name", "Expected a file name")
  const type = file.contentType ?? (source?.type || mediaTypeOf(String(name)) || "application/octet-stream")
  if (typeof type !== "string" || !mediaType.test(type))
    fault("contentType", "Expected a media type such as text/plain")
  if (issues.length > 0 || source === undefined) return issues
  // From the system's randomness: content that its author chose must not be able to contain the boundary.
  const boundary = `aywa-${[...crypto.getRandomValues(new Uint8Array(24))].map((b) => b.toString(16).padStart(2, "0")).join("")}`
  const head = encoder.encode(
    Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => {
        const text = typeof value === "string" ? value : JSON.stringify(value)
        return `--${boundary}\r\ncontent-disposition: form-data; name="${quotable(key)}"\r\n\r\n${text}\r\n`
      })
      .join("") +
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quotable(name)}"\r\ncontent-type: ${type}\r\n\r\n`
  )
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`)
  let isRead = false
  let isWhole = false
  let sourceError: { readonly cause: unknown } | undefined
  let reader: AsyncGenerator<Uint8Array> | undefined
  let discard: (() => unknown) | undefined
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    label: () => JSON.stringify([name, type, fields, source.mark()]),
    once: source.once,
    isRead: () => isRead,
    isWhole: () => isWhole,
    sourceError: () => sourceError,
    close: () => {
      reader?.return(undefined).catch(() => undefined)
      discard?.()
    },
    open: async () => {
      sourceError = undefined
      isWhole = false
      const { size, chunks, close } = await source.open()
      discard = close
      reader = (async function* () {
        yield head
        // Whoever took the head may still give up without a connection; from here on the source is read.
        isRead = true
        try {
          yield* chunks
        } catch (cause) {
          sourceError = { cause }
          throw cause
        }
        isWhole = true
        yield tail
      })()
      return { size: size === undefined ? undefined : head.length + size + tail.length, chunks: reader }
    }
  }
}

const encoder = new TextEncoder()

const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=("[^"\\\r\n]*"|[\w!#$&^.+-]+))*$/

/** Escaped as browsers do it: nothing in a name can end its quotes or its line. */
const quotable = (text: string): string =>
  text.toWellFormed().replace(/["\r\n]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`)
