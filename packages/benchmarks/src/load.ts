/**
 * What load the local runtime holds: a process of its own on a SQLite file, and clients here. Prints requests per
 * second, latencies, and the CPU that the runtime used. Bounded in time; `npm run bench:load`.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

const seconds = 8
const bin = new URL("../../runtime-local/src/bin.ts", import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), "aywa-load-"))

/** CPU seconds of a process, where the system tells. */
const cpuOf = (pid: number): number => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}

const measure = async (
  name: string,
  width: number,
  db: string,
  work: (aywa: AywaRuntimeClient) => Promise<unknown>
) => {
  const args = ["--db", db, "--api-key", "sk_1", "--organization", "org_1", "--rate-limit", "0"]
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  const [line] = await once(child.stdout, "data")
  const { baseUrl }: { readonly baseUrl: string } = JSON.parse(String(line))
  const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "sk_1" })
  const took: Array<number> = []
  for (let i = 0; i < 200; i++) await work(aywa)
  const cpu = cpuOf(child.pid ?? 0)
  const begin = performance.now()
  const worker = async () => {
    while (performance.now() - begin < seconds * 1000) {
      const start = performance.now()
      await work(aywa)
      took.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  const elapsed = (performance.now() - begin) / 1000
  const used = cpuOf(child.pid ?? 0) - cpu
  await aywa.close()
  child.kill()
  await once(child, "close")
  took.sort((a, b) => a - b)
  const at = (q: number) => (took[Math.floor(took.length * q)] ?? Number.NaN).toFixed(1)
  console.log(
    `${name.padEnd(34)} ${(took.length / elapsed).toFixed(0).padStart(6)}/s   p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   runtime CPU ${((100 * used) / elapsed).toFixed(0)} % of a core, ${((1000 * used) / took.length).toFixed(2)} ms per request`
  )
}

try {
  let n = 0
  const create = (aywa: AywaRuntimeClient) => aywa.assistants.create({ name: `A ${n++}` })
  const list = (aywa: AywaRuntimeClient) => aywa.assistants.list({ limit: 20 })
  const file = (name: string) => join(folder, `${name}.db`)
  await measure("create, memory, 32 in flight", 32, ":memory:", create)
  await measure("create, file, 32 in flight", 32, file("a"), create)
  await measure("list 20, file, 32 in flight", 32, file("a"), list)
  await measure("create, file, 500 in flight", 500, file("b"), create)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
