/**
 * `kill -9` under load: every create that was acknowledged is there afterwards, once; and every one that was sent, once
 * it is repeated under its key.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { assert, inject, it, onTestFinished } from "vitest"
import { temporaryFile } from "./support.ts"

const bin = inject("localBin")
/** `AYWA_CRASH_ROUNDS=50` runs more of them. */
const rounds = Number(process.env["AYWA_CRASH_ROUNDS"] ?? 3)

const boot = async (db: string): Promise<{ readonly child: ChildProcess; readonly baseUrl: string }> => {
  const args = ["--db", db, "--api-key", "sk_1", "--organization", "org_1", "--rate-limit", "0"]
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const [line] = await once(child.stdout, "data")
  return { child, baseUrl: JSON.parse(String(line)).baseUrl }
}

const headers = { authorization: "Bearer sk_1", "content-type": "application/json" }

it(
  `loses no acknowledged row in ${rounds} rounds of kill -9 under load`,
  async () => {
    const db = temporaryFile()
    const acknowledged = new Set<string>()
    const create = (baseUrl: string, name: string) =>
      fetch(`${baseUrl}/assistant`, {
        method: "POST",
        headers: { ...headers, "idempotency-key": name.replace(" ", "-") },
        body: JSON.stringify({ name })
      })
    const names: Array<string> = []
    for (let round = 0; round < rounds; round++) {
      const { child, baseUrl } = await boot(db)
      const before = acknowledged.size
      let stop = false
      const worker = async () => {
        while (!stop) {
          const name = `r${round} n${names.length}`
          names.push(name)
          try {
            const response = await create(baseUrl, name)
            const text = await response.text()
            if (response.status === 201) acknowledged.add(JSON.parse(text).name)
          } catch {
            return
          }
          // Somewhere in the middle of the work of the others.
          if (acknowledged.size - before >= 100 + (round % 10) * 37 && !stop) {
            stop = true
            child.kill("SIGKILL")
          }
        }
      }
      await Promise.all(Array.from({ length: 16 }, worker))
      if (child.exitCode === null && child.signalCode === null) await once(child, "close")
    }
    const { child, baseUrl } = await boot(db)
    const before = await stored(baseUrl)
    assert.deepStrictEqual(
      [...acknowledged].filter((name) => !before.includes(name)),
      []
    )
    for (const name of names) assert.strictEqual((await create(baseUrl, name)).status, 201)
    assert.deepStrictEqual((await stored(baseUrl)).toSorted(), names.toSorted())
    child.kill("SIGKILL")
    await once(child, "close")
    assert.isAtLeast(acknowledged.size, rounds * 100)
    console.log(`${rounds} rounds of kill -9, ${acknowledged.size} rows acknowledged of ${names.length} sent, 0 lost`)
  },
  30_000 + rounds * 10_000
)

/** The names of all rows, page by page. */
const stored = async (baseUrl: string): Promise<ReadonlyArray<string>> => {
  const names: Array<string> = []
  for (let createdAtLe = "", seen = new Set<string>(); ;) {
    const query = createdAtLe === "" ? "" : `&createdAtLe=${createdAtLe}`
    const response = await fetch(`${baseUrl}/assistant?limit=1000${query}`, { headers })
    const rows = (await response.json()) as ReadonlyArray<{ id: string; name: string; createdAt: string }>
    const fresh = rows.filter(({ id }) => !seen.has(id))
    for (const { id, name } of fresh) {
      seen.add(id)
      names.push(name)
    }
    if (fresh.length === 0) break
    createdAtLe = rows.at(-1)?.createdAt ?? ""
  }
  return names
}
