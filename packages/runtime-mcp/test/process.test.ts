import * as fc from "fast-check"
import { assert, test } from "vitest"
import { entries } from "../src/operations/table.ts"
import { startProcess, startRuntime } from "./support.ts"

const isFrame = (line: string): boolean => {
  const value: unknown = JSON.parse(line)
  return typeof value === "object" && value !== null && Reflect.get(value, "jsonrpc") === "2.0"
}

test("on the output there is nothing but frames, under 200 operations and lines that are none", async () => {
  const runtime = await startRuntime()
  const server = startProcess(runtime, { allow: "all", allowCalls: true, local: true })
  await server.initialize()
  const names = fc.constantFrom(
    "read",
    "write",
    "delete",
    "describe_operation",
    "call_report",
    "runtime_overview",
    "nothing"
  )
  const operation = fc.constantFrom(...entries.map(({ name }) => name))
  const calls = fc.sample(fc.record({ name: names, operation, id: fc.string() }), { numRuns: 200, seed: 23 })
  const junk = [
    "{",
    "nonsense",
    "[]",
    "null",
    "7",
    '"text"',
    "{}",
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":"x","method":"no/such"}',
    "\u0000",
    "[[[["
  ]
  for (const [at, { name, operation, id }] of calls.entries()) {
    if (at % 20 === 0) server.send(junk[(at / 20) % junk.length])
    server.send({ jsonrpc: "2.0", id: at, method: "tools/call", params: { name, arguments: { operation, id } } })
  }
  for (const at of calls.keys()) await server.answer(at)
  assert.isTrue(server.lines.every(isFrame))
  // What was asked before the end of the input is answered.
  server.send({ jsonrpc: "2.0", id: "last", method: "tools/call", params: { name: "runtime_overview" } })
  server.stdin.end()
  assert.strictEqual(await server.ended, 0)
  assert.isTrue(server.lines.every(isFrame))
  assert.strictEqual(JSON.parse(server.lines.at(-1) ?? "{}").id, "last")
})

test("a message that comes in pieces, two at once, and one that is too long", async () => {
  const runtime = await startRuntime()
  const server = startProcess(runtime)
  await server.initialize()
  const ping = (id: number | string) => JSON.stringify({ jsonrpc: "2.0", id, method: "ping" })
  server.stdin.write(`${ping(1)}\n${ping(2)}\n${ping("ü").slice(0, 20)}`)
  await server.answer(2)
  server.stdin.write(`${ping("ü").slice(20)}\n`)
  await server.answer("ü")
  server.stdin.write(`{"x":"${"y".repeat(4_100_000)}"}\n${ping(3)}\n`)
  await server.answer(3)
  assert.isTrue(server.lines.every(isFrame))
  assert.include(server.lines.join("\n"), "too long")
})

test("a reader that goes away ends the server", async () => {
  const runtime = await startRuntime()
  const server = startProcess(runtime)
  await server.initialize()
  server.child.stdout?.destroy()
  for (let id = 0; id < 50; id++) server.send({ jsonrpc: "2.0", id, method: "tools/list" })
  assert.strictEqual(await server.ended, 0)
})

test("a server that is killed in the middle of its answers wrote whole frames until then", async () => {
  const runtime = await startRuntime()
  const server = startProcess(runtime)
  await server.initialize()
  for (let id = 0; id < 100; id++) server.send({ jsonrpc: "2.0", id, method: "tools/list" })
  await server.answer(20)
  server.child.kill("SIGKILL")
  assert.isNull(await server.ended)
  assert.isTrue(server.lines.every(isFrame))
})
