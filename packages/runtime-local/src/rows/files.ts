/**
 * Files: rows with content, kept in pieces beside them, so that a download needs the memory of one piece.
 */
import { type Answer, json } from "../http/answer.ts"
import { crud, type ResourceContext, find, insertRow } from "./crud.ts"
import type { Handler } from "../http/handler.ts"
import { invalid } from "../http/errors.ts"
import type { Store } from "../store/Store.ts"
import { isObject, type JsonObject } from "../json/object.ts"

/** `POST /file`. */
export const upload =
  (context: ResourceContext): Handler =>
  (request) => {
    const { file, metadata: text, ...rest } = isObject(request.body) ? request.body : {}
    const metadata = parseMetadata(text)
    context.validate({ ...rest, ...(metadata === undefined ? {} : { metadata }) })
    const { name, type, size } = file as { name: string; type: string; size: number } // Made by `parseForm`.
    const row = insertRow(context, request.organization, {
      object: "file",
      status: "done",
      // The source API cuts names to what a rename may give.
      name: name.slice(0, 40),
      originalName: name,
      bytes: size,
      mimetype: type === "" ? "application/octet-stream" : type,
      ...rest,
      metadata: metadata ?? {}
    })
    const { id } = JSON.parse(row) as { id: string } // Written above.
    writeContent(context.store, id, request.upload ?? new Uint8Array())
    return json(201, row)
  }

/** `GET /file/:id/content`. */
export const content =
  (context: ResourceContext): Handler =>
  (request): Answer => {
    const { mimetype, bytes } = JSON.parse(find(context, request).body) as { mimetype: string; bytes: number }
    return {
      status: 200,
      headers: { "content-type": mimetype, "content-length": String(bytes), "x-content-type-options": "nosniff" },
      body: "",
      content: readContent(context.store, request.id, bytes)
    }
  }

/** `DELETE /file/:id`: the row and its content. */
export const remove = (context: ResourceContext): Handler => {
  const removeRow = crud["delete"]?.(context)
  return (request) => {
    if (removeRow === undefined) throw new Error("There is no generic delete")
    const answer = removeRow(request)
    context.store.run("DELETE FROM file_content WHERE file_id = ?", request.id)
    return answer
  }
}

const pieceSize = 262_144

const writeContent = (store: Store, id: string, bytes: Uint8Array) => {
  for (let at = 0; at < bytes.length; at += pieceSize) {
    store.run(
      "INSERT INTO file_content (file_id, at, bytes) VALUES (?, ?, ?)",
      id,
      at,
      bytes.subarray(at, at + pieceSize)
    )
  }
}

/**
 * One query a piece: rows may change between two of them. A file that is deleted meanwhile ends its connections: who
 * waits for the rest must not wait for ever.
 */
function* readContent(store: Store, id: string, size: number): Generator<Uint8Array> {
  for (let at = 0; at < size; at += pieceSize) {
    const piece = store.get<{ bytes: Uint8Array }>(
      "SELECT bytes FROM file_content WHERE file_id = ? AND at = ?",
      id,
      at
    )
    if (piece === undefined) throw new Error("The file was deleted")
    yield piece.bytes
  }
}

const parseMetadata = (text: unknown): JsonObject | undefined => {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(String(text))
    if (isObject(value)) return value
  } catch {
    // Told below, as every other value that is no object.
  }
  throw invalid(["metadata: expected a JSON object as text"])
}
