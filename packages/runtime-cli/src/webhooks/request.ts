/**
 * Stored requests: the text of an HTTP request (`webhooks sign --output` writes one), or JSON with `headers` and
 * `body` as logs and proxies keep them. The body keeps every byte.
 */
import { readFile } from "node:fs/promises"
import { codeOf, usage } from "../core/failure.ts"

/** A request as it was received. */
export interface StoredRequest {
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
}

/** Reads bytes; what goes wrong names the file. */
export const readBytes = async (file: string): Promise<Uint8Array> => {
  try {
    return await readFile(file)
  } catch (error) {
    throw usage(`${file} cannot be read (${codeOf(error) ?? "error"}).`, "Check the path.")
  }
}

/** Reads a stored request; `extra` are `name: value` headers, for a file that is the body alone. */
export const readRequest = async (file: string, extra: ReadonlyArray<string>): Promise<StoredRequest> => {
  const bytes = await readBytes(file)
  const headers = extra.map((line) => header(line, "--header"))
  if (headers.length > 0) return { headers, body: bytes }
  return fromJson(bytes) ?? fromText(bytes, file)
}

const fromJson = (bytes: Uint8Array): StoredRequest | undefined => {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"))
  } catch {
    return undefined
  }
  if (typeof json !== "object" || json === null || !("headers" in json) || !("body" in json)) return undefined
  const { headers, body } = json
  const isBase64 = "isBase64Encoded" in json && json.isBase64Encoded === true
  if (typeof headers !== "object" || headers === null) return undefined
  if (typeof body !== "string") {
    throw usage(
      "The body of the stored request is not text.",
      "A parsed body cannot be verified: the signature is over the bytes. Store the raw body."
    )
  }
  return {
    headers: Object.entries(headers).flatMap(([name, value]: [string, unknown]) =>
      (Array.isArray(value) ? value : [value]).map((one): readonly [string, string] => [name, String(one)])
    ),
    body: Buffer.from(body, isBase64 ? "base64" : "utf8")
  }
}

const fromText = (bytes: Uint8Array, file: string): StoredRequest => {
  const buffer = Buffer.from(bytes)
  const crlf = buffer.indexOf("\r\n\r\n")
  const lf = buffer.indexOf("\n\n")
  const at = crlf >= 0 && (lf < 0 || crlf < lf) ? crlf : lf
  const lines = (at < 0 ? "" : buffer.subarray(0, at).toString("latin1")).split(/\r?\n/)
  if (/^[A-Z]+ \S+( HTTP\/[\d.]+)?$/.test(lines[0] ?? "")) lines.shift()
  if (at < 0 || !lines.every((line) => /^[\w-]+:/.test(line))) {
    throw usage(
      `${file} is no stored request.`,
      "It takes header lines, an empty line and the body; or JSON with headers and body; or the body alone with --header 'name: value' for each header."
    )
  }
  return { headers: lines.map((line) => header(line, file)), body: buffer.subarray(at + (at === crlf ? 4 : 2)) }
}

const header = (line: string, where: string): readonly [string, string] => {
  const at = line.indexOf(":")
  if (at <= 0) throw usage(`${where} has a header without a colon.`, "Headers are written as 'name: value'.")
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}
