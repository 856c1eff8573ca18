/**
 * Files need not fit into memory. The peak is measured in a process of its own, over real sockets, against a server
 * that makes the bytes up. `AYWA_TRANSFER_BYTES` moves more than the default of 256 MB.
 */
import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const bytes = Number(process.env["AYWA_TRANSFER_BYTES"] ?? 268_435_456)
const allowed = 160 * 1024 * 1024

const piece = Buffer.alloc(65_536, 7)
const server = createServer((request, response) => {
  if (request.method === "POST") {
    let received = 0
    request.on("data", (chunk: Buffer) => (received += chunk.length))
    request.on("end", () => {
      const row = { id: "f", orgId: "o", createdAt: "c", updatedAt: "u", bytes: received }
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(row))
    })
    return
  }
  let left = Number(/\/file\/(\d+)\/content/.exec(request.url ?? "")?.[1])
  response.writeHead(200, { "content-length": left })
  const write = () => {
    while (left > 0) {
      const next = piece.subarray(0, Math.min(left, piece.length))
      left -= next.length
      if (!response.write(next)) return
    }
    response.end()
  }
  response.on("drain", () => left >= 0 && !response.writableEnded && write())
  write()
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe("memory of a transfer", () => {
  it.each([
    ["download", "auto"],
    ["download", "fetch"],
    ["effect", "auto"],
    ["upload", "auto"],
    ["upload", "fetch"]
  ])("%s over %s stays within 160 MiB, however large the file", { timeout: 300_000 }, async (how, transport) => {
    const { port } = server.address() as AddressInfo
    const script = new URL("./support/transfer.ts", import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, [
      script,
      how,
      transport,
      `http://127.0.0.1:${port}`,
      String(bytes)
    ])
    const { moved, before, peak } = JSON.parse(stdout) as Record<"moved" | "before" | "peak", number>
    process.stdout.write(
      `${how} of ${bytes} bytes over ${transport}: ${Math.round(before / 1e6)} MB before, ${Math.round(peak / 1e6)} MB at the peak\n`
    )
    if (how === "upload") assert.isAtLeast(moved, bytes)
    else assert.strictEqual(moved, bytes)
    assert.isBelow(peak - before, allowed)
  })
})
