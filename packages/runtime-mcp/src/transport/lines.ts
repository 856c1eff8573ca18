/**
 * Messages of a client on standard input: one JSON text a line. What is none is answered here, for the library would
 * read no further.
 */
import { StringDecoder } from "node:string_decoder"

/** Characters of one message at most. */
const maxLine = 4_000_000

const refusal = (message: string): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32700, message } })}\n`

const isMessage = (line: string): boolean => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null
  } catch {
    return false
  }
}

/** The lines that are messages; `refuse` gets what is to be answered to the others. */
export async function* messagesOf(
  input: AsyncIterable<Uint8Array | string>,
  refuse: (answer: string) => void
): AsyncGenerator<Uint8Array> {
  const decoder = new StringDecoder("utf8")
  let rest = ""
  let isTooLong = false
  for await (const chunk of input) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)))).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      if (isTooLong || line.length > maxLine) refuse(refusal("The message is too long"))
      else if (isMessage(line)) yield Buffer.from(`${line}\n`)
      else if (line.trim() !== "") refuse(refusal("Parse error"))
      isTooLong = false
    }
    if (rest.length > maxLine) {
      rest = ""
      isTooLong = true
    }
  }
}
