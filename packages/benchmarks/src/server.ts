/**
 * A loopback server that costs as little as possible, in a process of its own: it reads no more of a request than
 * its first line, and every answer is made beforehand. What is measured in a client is then the client.
 */
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { answers, notFound } from "./answers.ts"
import { page } from "./pages.ts"

const end = "\r\n\r\n"

const server = createServer((socket) => {
  socket.setNoDelay(true)
  let rest = ""
  socket.on("data", (chunk: Buffer) => {
    // Requests have no body and are never pipelined; a long one may still come in two pieces.
    rest += chunk.toString("latin1")
    let at = rest.indexOf(end)
    while (at >= 0) {
      const target = rest.slice(rest.indexOf(" ") + 1, rest.indexOf(" ", rest.indexOf(" ") + 1))
      rest = rest.slice(at + end.length)
      answer(target, (bytes) => socket.write(bytes))
      at = rest.indexOf(end)
    }
  })
  socket.on("error", () => socket.destroy())
})

const answer = (target: string, write: (bytes: Buffer) => void): void => {
  const path = target.split("?", 1)[0] ?? ""
  if (path.startsWith("/never") || path.endsWith("/never")) return
  const known = answers.get(path)
  const many = path.startsWith("/many/") || (path === "/v1/customers" && !target.endsWith("limit=20"))
  write(many ? page(target) : (known ?? notFound))
}

server.listen({ port: 0, host: "127.0.0.1", backlog: 16_384 }, () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on("disconnect", () => process.exit(0))
