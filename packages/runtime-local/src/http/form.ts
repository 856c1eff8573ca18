/**
 * Bodies that are forms with a file in them.
 */
import * as crypto from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { JsonObject } from "../json/object.ts"
import { HttpError, invalid } from "./errors.ts"

/** A form with a file in it, as it was sent. */
export interface UploadedForm {
  /** What its idempotency key stands for, and what the journal shows: the fields, and of the file all but its bytes. */
  readonly body: JsonObject
  readonly bytes: Uint8Array
}

/** Reads a multipart body; 415 for another type, 400 for one that cannot be read or has no part `file`. */
export const parseForm = async (request: IncomingMessage, body: Buffer): Promise<UploadedForm> => {
  const type = request.headers["content-type"] ?? ""
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new HttpError(415, "The body must be a form: Content-Type: multipart/form-data with a boundary")
  }
  let form: FormData
  try {
    form = await new Response(Uint8Array.from(body), { headers: { "content-type": type } }).formData()
  } catch {
    throw invalid(["body: not a multipart form that can be read"])
  }
  const fields: JsonObject = {}
  let file: File | undefined
  for (const [name, value] of form) {
    if (typeof value === "string") fields[name] = value
    else if (name === "file" && file === undefined) file = value
    else throw invalid([`${name}: expected one file, in the part "file"`])
  }
  if (file === undefined) throw invalid(["file: Missing: the form has no file part of this name"])
  const bytes = new Uint8Array(await file.arrayBuffer())
  const digest = crypto.hash("sha256", bytes, "hex")
  return {
    body: { ...fields, file: { name: file.name, type: file.type, size: bytes.length, sha256: digest } },
    bytes
  }
}
