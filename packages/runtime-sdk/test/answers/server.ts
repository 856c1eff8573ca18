/** One loopback server for all answers of the table: the first segment of a path says which one is asked for. */
import { createServer, type AddressInfo, type Socket } from "node:net"
import type { Answer } from "./table.ts"

export interface AnswerServer extends AsyncDisposable {
  /** Where one answer is given to every request. `user` keeps those who ask for the same one apart. */
  readonly addressOf: (answer: number, user: number) => string
  /** Requests that came to an address. */
  readonly requestsTo: (address: string) => number
}

export const serveAnswers = async (answers: ReadonlyArray<Answer>): Promise<AnswerServer> => {
  const counts = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => undefined)
    let received = ""
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1")
      const head = received.indexOf("\r\n\r\n")
      if (head === -1) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0)
      if (received.length < head + 4 + length) return
      if (/\r\ntransfer-encoding: chunked/i.test(received) && !received.endsWith("0\r\n\r\n")) return
      const [, answer = "", user = ""] = /^\S+ \/(\d+)\/(\d+)\//.exec(received) ?? []
      received = ""
      counts.set(`${answer}/${user}`, (counts.get(`${answer}/${user}`) ?? 0) + 1)
      const chosen = answers[Number(answer)]
      if (chosen !== undefined) write(socket, chosen, answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    addressOf: (answer, user) => `${origin}/${answer}/${user}`,
    requestsTo: (address) => counts.get(address.slice(origin.length + 1)) ?? 0,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
}

const write = (socket: Socket, { status, headers, body, ending }: Answer, id: string): void => {
  const framing: Readonly<Record<Answer["ending"], ReadonlyArray<readonly [string, string]>>> = {
    length: [["content-length", `${body.length}`]],
    cut: [["content-length", `${body.length + 100}`]],
    reset: [["content-length", `${body.length + 100}`]],
    stall: [["content-length", `${body.length + 100}`]],
    chunks: [["transfer-encoding", "chunked"]],
    "chunks-cut": [["transfer-encoding", "chunked"]],
    close: [["connection", "close"]]
  }
  const none = status === 204 || status === 304
  const fields = [...headers, ...(none ? [] : framing[ending]), ["x-request-id", `req_${id}`]]
  socket.write(`HTTP/1.1 ${status} Test\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`)
  if (none) return
  const chunked = ending === "chunks" || ending === "chunks-cut"
  const middle = body.length >> 1
  // In two pieces, so that a coding has to go on from one to the next.
  for (const piece of [body.subarray(0, middle), body.subarray(middle)]) {
    if (piece.length === 0) continue
    if (chunked) socket.write(`${piece.length.toString(16)}\r\n`)
    socket.write(piece)
    if (chunked) socket.write("\r\n")
  }
  if (ending === "chunks") socket.write("0\r\n\r\n")
  if (ending === "close" || ending === "cut" || ending === "chunks-cut") socket.end()
  if (ending === "reset") socket.resetAndDestroy()
}
