/**
 * Files: what knowledge bases and assistants read.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, described } from "../schema/codec.ts"
import { between, lengthOf, listFields, object, opt, row, text } from "./shapes.ts"
import { bytes, form, gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { ListQuery, Row } from "./shared.ts"

/**
 * What a file is for; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type FilePurpose = Open<"assistant" | "composer-attachment" | "knowledge-base-v2">

/**
 * A file as the runtime stores it; its content is read with `files.content`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RuntimeFile extends Row, JsonObject {
  /** Whether it was read; only a file that is `done` can be searched. */
  readonly status?: Open<"processing" | "done" | "failed"> | null
  /** At most 40 characters. */
  readonly name?: string | null
  /** The name that it was uploaded with. */
  readonly originalName?: string | null
  /** Size in bytes. */
  readonly bytes?: number | null
  /** Media type, such as `"application/pdf"`. */
  readonly mimetype?: string | null
  /** What it is for. */
  readonly purpose?: FilePurpose | null
  /** Where the runtime keeps it; may need the runtime's own authorization. */
  readonly url?: string | null
  /** Where the text that was read from it is kept. */
  readonly parsedTextUrl?: string | null
  /** Size of that text in bytes. */
  readonly parsedTextBytes?: number | null
  /** Yours; kept verbatim. */
  readonly metadata?: JsonObject | null
  /** Always `"file"`. */
  readonly object?: string | null
  /** Its key in the runtime's storage. */
  readonly key?: string | null
  /** Its path in the runtime's storage. */
  readonly path?: string | null
  /** Bucket of the runtime's storage. */
  readonly bucket?: string | null
}

/**
 * Where the content of an upload comes from. All but the stream can be read again, so that an upload whose answer is
 * lost is repeated; a stream is sent once.
 *
 * @since 0.1.0
 * @category models
 */
export type FileSource =
  | { readonly path: string }
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | (() => AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>)

/**
 * Fields of the form that go with a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadFields {
  /** What it is for. */
  readonly purpose?: FilePurpose | null
  /** Yours, kept verbatim; at most 4,096 characters as JSON. */
  readonly metadata?: JsonObject | null
}

/**
 * Body of `files.upload`.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadFile extends Input<UploadFields> {
  /** The content. */
  readonly file: FileSource
  /** Name of the file; the default is that of the path, the `File` or the stream of `createReadStream`, else `file`. */
  readonly name?: string | undefined
  /** Media type; the default is that of the Blob, else by the name's extension, else `application/octet-stream`. */
  readonly contentType?: string | undefined
}

/**
 * The one field of a file that can be changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileFields {
  /** 1 to 40 characters. */
  readonly name?: string
}

/**
 * Body of `files.update`.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateFile extends Input<FileFields> {}

/**
 * Query of `files.list`.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileListQuery extends ListQuery {
  /** Only files that are for this. */
  readonly purpose?: FilePurpose | undefined
}

const file = described<RuntimeFile>()(
  Schema.Struct({
    ...row,
    status: opt(Schema.String),
    name: opt(Schema.String),
    originalName: opt(Schema.String),
    bytes: opt(Schema.Finite),
    mimetype: opt(Schema.String),
    purpose: opt(Schema.String),
    url: opt(Schema.String),
    parsedTextUrl: opt(Schema.String),
    parsedTextBytes: opt(Schema.Finite),
    metadata: opt(object)
  })
)

const uploadFields = codec<UploadFields>()(
  Schema.Struct({
    purpose: opt(Schema.String),
    metadata: opt(
      object.check(
        Schema.makeFilter((metadata) => lengthOf(JSON.stringify(metadata)) <= 4096, {
          expected: "at most 4096 characters as JSON"
        })
      )
    )
  })
)

const updateFile = codec<FileFields>()(Schema.Struct({ name: Schema.optionalKey(between(1, 40)) }))

const fileListQuery = codec<FileListQuery>()(Schema.Struct({ ...listFields, purpose: text }))

/**
 * The file operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const files = {
  /**
   * Lists files, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const file of aywa.files.list({ purpose: "assistant" })) console.log(file.name, file.status)
   * ```
   */
  list: operation({ method: "GET", path: "/file", query: fileListQuery, success: page(file) }),
  /**
   * Reads what is known of one file; its content is `files.content`.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { status, bytes } = await aywa.files.get(id)
   * console.log(status, bytes)
   * ```
   */
  get: operation({ method: "GET", path: "/file/:id", success: file, errors: ["NotFound"] }),
  /**
   * Uploads a file from a path, a Blob, bytes or a stream. One call stores at most one file: it carries an
   * idempotency key on every attempt. A stream can be read only once: it is sent once, without a generated key. A
   * large file needs a larger `timeout` than the default of 30 seconds for an attempt.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const file = await aywa.files.upload({ file: { path: "policies.pdf" }, purpose: "assistant" }, { timeout: 300_000 })
   * console.log(file.id)
   * ```
   */
  upload: operation({
    method: "POST",
    path: "/file",
    body: form<UploadFile>()(uploadFields),
    success: file,
    errors: ["ConflictError"]
  }),
  /**
   * Reads the content of a file whole; `contentStream` reads it piece by piece. Content that is cut is an error.
   * Only of an answer that tells no length can that not be known: compare with the file's `bytes` if a proxy sends
   * such.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const bytes = await aywa.files.content(id)
   * console.log(bytes.length)
   * ```
   */
  content: operation({
    method: "GET",
    path: "/file/:id/content",
    success: bytes(Schema.Unknown),
    errors: ["NotFound"]
  }),
  /**
   * Renames a file: `name` is all that can change.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.files.update(id, { name: "policies-2026.pdf" })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/file/:id",
    body: inputOf<UpdateFile>()(updateFile),
    success: file,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Deletes a file with its content and gives back the deleted row (`undefined` when the runtime sends none).
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.files.delete(id)
   * ```
   */
  delete: operation({ method: "DELETE", path: "/file/:id", success: gone(file), errors: ["NotFound", "ConflictError"] })
}
