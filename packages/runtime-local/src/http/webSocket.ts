/**
 * WebSockets (RFC 6455) that only send: a handshake, binary messages out, and of what comes in the control frames.
 */
import * as crypto from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

/**
 * Whether this Node can tell a WebSocket from another upgrade: before 24.9 whoever listens for upgrades gets them all,
 * and clients that offer HTTP/2 beside a plain request would get no answer.
 */
export const canUpgrade = major > 24 || (major === 24 && minor >= 9)

/** Whether a request asks for a WebSocket. */
export const isWebSocket = ({ headers, method }: IncomingMessage): boolean =>
  method === "GET" && headers.upgrade?.toLowerCase() === "websocket"

/** One side of a WebSocket. */
export interface WebSocketSender {
  /** Sends a binary message; does nothing where the other side does not read what it has. */
  readonly send: (bytes: Uint8Array) => void
  /** Says goodbye with a status such as 1000. */
  readonly close: (status: number) => void
}

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/** Bytes that a slow reader may have before it. */
const mostBuffered = 1024 * 1024

const [binary, closing, ping, pong] = [0x2, 0x8, 0x9, 0xa] as const

/** Answers the handshake; `undefined`, with an error on the socket, where the request is none. */
export const acceptWebSocket = (
  { headers }: IncomingMessage,
  socket: Duplex,
  head: Buffer
): WebSocketSender | undefined => {
  const key = headers["sec-websocket-key"]
  if (typeof key !== "string" || headers["sec-websocket-version"] !== "13") {
    socket.end("HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n")
    return undefined
  }
  const accept = crypto
    .createHash("sha1")
    .update(key + magic)
    .digest("base64")
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
  )
  let closed = false
  const frame = (opcode: number, bytes: Uint8Array) => {
    if (closed || socket.destroyed) return
    closed = opcode === closing
    socket.write(Buffer.concat([headOf(opcode, bytes.length), bytes]))
    if (closed) socket.end()
  }
  const close = (status: number) => frame(closing, Buffer.from([status >> 8, status & 0xff]))
  const read = reader((opcode, payload) => {
    if (opcode === ping) frame(pong, payload)
    else if (opcode === closing) frame(closing, payload.subarray(0, 2))
  })
  const take = (chunk: Buffer) => {
    if (!read(chunk)) close(1002)
  }
  socket.on("data", take)
  if (head.length > 0) take(head)
  return {
    send: (bytes) => {
      if (socket.writableLength < mostBuffered) frame(binary, bytes)
    },
    close
  }
}

const headOf = (opcode: number, length: number): Buffer => {
  if (length < 126) return Buffer.from([0x80 | opcode, length])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return head
}

/** Reads frames out of pieces; says no to what is no frame of a client. Only control frames are kept, which are short. */
const reader = (onControl: (opcode: number, payload: Buffer) => void) => {
  let buffered = Buffer.alloc(0)
  /** Bytes of a data frame that are still to come, and are dropped. */
  let skip = 0
  return (chunk: Buffer): boolean => {
    buffered = Buffer.concat([buffered, chunk])
    for (;;) {
      const dropped = Math.min(skip, buffered.length)
      skip -= dropped
      buffered = buffered.subarray(dropped)
      const [first = 0, second = 0] = buffered
      if (buffered.length < 2) return true
      const [opcode, short] = [first & 0xf, second & 0x7f]
      const isControl = opcode >= closing
      // Clients mask, and their control frames are short.
      if ((second & 0x80) === 0 || (isControl && short > 125)) return false
      const extra = short === 126 ? 2 : short === 127 ? 8 : 0
      const start = 2 + extra + 4
      if (buffered.length < start) return true
      const length = extra === 0 ? short : extra === 2 ? buffered.readUInt16BE(2) : Number(buffered.readBigUInt64BE(2))
      if (!isControl) {
        buffered = buffered.subarray(start)
        skip = length
        continue
      }
      if (buffered.length < start + length) return true
      const mask = buffered.subarray(start - 4, start)
      onControl(
        opcode,
        Buffer.from(buffered.subarray(start, start + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
      )
      buffered = buffered.subarray(start + length)
    }
  }
}
