/**
 * Reads the value out of an answer that is a success: JSON of the shape that the contract says, a page, text or
 * content.
 */
import type { RuntimeError } from "../errors/Errors.ts"
import { InexactInteger, parseExactly } from "../schema/integers.ts"
import { ByteStream } from "../transport/byteStream.ts"
import type { WireFailure, WireHead, WireResponse } from "../transport/port.ts"
import { rowsOf, toPage } from "./pagination.ts"
import type { Prepared } from "./prepare.ts"
import type { Redact } from "./redact.ts"
import type { Request } from "./request.ts"
import { inexact, isPage, notJson, notText, wrongRows, wrongShape } from "./unexpected.ts"

/** An answer that the contract does not allow. */
export class Unreadable {
  readonly issue: string
  constructor(issue: string) {
    this.issue = issue
  }
}

// No call asks for a range, so what answers with a part (206) answers something else.
export const isSuccess = ({ status }: WireHead): boolean => status >= 200 && status < 300 && status !== 206

/** The value, or an Unreadable. */
export const readAnswer = (
  prepared: Prepared,
  request: Request,
  response: WireResponse,
  redactor: () => Redact
): unknown => {
  const { spec } = prepared
  // 205 has no body: what stands there is nothing of ours, and `fetch` does not show it.
  if (response.body === "" || response.status === 205) {
    return spec.mayBeEmpty ? undefined : new Unreadable(`status ${response.status} with an empty body`)
  }
  if (spec.text) return isPage(response) ? new Unreadable(notText(response, redactor())) : response.body
  let json: unknown
  try {
    json = parseExactly(response.body)
  } catch (error) {
    return new Unreadable(error instanceof InexactInteger ? inexact : notJson(response, redactor()))
  }
  if (request.page !== undefined) return readPage(prepared, request.page, json)
  return prepared.isSuccess(json) ? json : new Unreadable(wrongShape(spec.success, json))
}

const readPage = ({ spec, isSuccess }: Prepared, request: NonNullable<Request["page"]>, json: unknown): unknown => {
  const rows = rowsOf(json)
  if (rows === undefined) return new Unreadable("the answer is not a list")
  if (!isSuccess(rows)) return new Unreadable(wrongRows(spec.success, rows))
  const page = toPage(request, json, rows)
  return typeof page === "string" ? new Unreadable(page) : page
}

/** Content as it is; a stream of it tells its failures as every call does. */
export const readContent = (
  { content }: WireResponse,
  /** Milliseconds that the next piece of a stream may take. */
  idle: number | undefined,
  toError: (failure: WireFailure | "idle") => RuntimeError
): unknown =>
  content === undefined || content instanceof Uint8Array ? content : new ByteStream(content, idle, toError)
