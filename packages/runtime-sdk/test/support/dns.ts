/** A DNS server on loopback, for names that change their mind: answers A questions, and nothing else. */
import * as dgram from "node:dgram"

export interface DnsServer extends AsyncDisposable {
  readonly address: string
  readonly questions: () => number
}

export const serveDns = async (answer: (name: string) => ReadonlyArray<string>): Promise<DnsServer> => {
  const socket = dgram.createSocket("udp4")
  let questions = 0
  socket.on("message", (query, from) => {
    questions += 1
    const labels: Array<string> = []
    let at = 12
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString("latin1", at + 1, at + 1 + length))
      at += length + 1
    }
    const addresses = answer(labels.join("."))
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(addresses.length > 0 ? 0x8180 : 0x8183, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(addresses.length, 6)
    header.writeUInt32BE(0, 8)
    const records = addresses.map((address) =>
      // Pointer to the name, type A, class IN, TTL 0, four bytes.
      Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)])
    )
    socket.send(Buffer.concat([header, query.subarray(12, at + 5), ...records]), from.port, from.address)
  })
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions: () => questions,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => socket.close(() => done()))
  }
}
