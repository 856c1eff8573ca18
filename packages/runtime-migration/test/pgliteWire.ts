/** What a test and the process with the PGlites say to each other: values of JavaScript, with their length in front. */
import type { Socket } from "node:net"
import { deserialize, serialize } from "node:v8"

/** A query, or, without parameters, a text of any number of statements. */
export interface Question {
  readonly sql: string
  readonly parameters?: ReadonlyArray<string | number>
}

/** What was given, or an error with its fields. */
export type Answer = { readonly given: object } | { readonly message: string; readonly fields: object }

export const isQuestion = (value: unknown): value is Question =>
  typeof value === "object" && value !== null && "sql" in value && typeof value.sql === "string"

export const isAnswer = (value: unknown): value is Answer =>
  typeof value === "object" && value !== null && ("given" in value || "message" in value)

export const send = (socket: Socket, value: Question | Answer): void => {
  const body = serialize(value)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(body.length)
  socket.write(Buffer.concat([size, body]))
}

/** The values that arrive, until the other side ends. */
export async function* frames(socket: Socket): AsyncGenerator<unknown> {
  let held: Array<Buffer> = []
  let size = 0
  for await (const chunk of socket) {
    if (!Buffer.isBuffer(chunk)) continue
    held.push(chunk)
    size += chunk.length
    while (size >= 4) {
      const all = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held)
      held = [all]
      const end = 4 + all.readUInt32BE(0)
      if (size < end) break
      yield deserialize(all.subarray(4, end))
      held = [all.subarray(end)]
      size -= end
    }
  }
}
