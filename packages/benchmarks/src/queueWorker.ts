/** One measurement of one queue in a process of its own: what and where come as JSON in the first argument. */
import { setTimeout as sleep } from "node:timers/promises"
import { concurrency, type EngineName, engines, type Servers } from "./queueEngines.ts"

export interface Task {
  readonly engine: EngineName
  readonly servers: Servers
  /** `offers` stores; `handled` handles what is stored; `pickup` offers one at a time; `idle` waits. */
  readonly measure: "offers" | "handled" | "pickup" | "idle"
  readonly count: number
}

const { engine: name, servers, measure, count }: Task = JSON.parse(process.argv[2] ?? "")
const { open } = engines[name]
const print = (value: number | string) => process.stdout.write(`${value}\n`)
const now = () => performance.timeOrigin + performance.now()

const offers = async () => {
  const engine = await open(servers)
  let next = 0
  const each = async () => {
    while (next < count) await engine.offer(`evt_${next++}`)
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: concurrency }, each))
  print(count / ((performance.now() - begin) / 1000))
  await engine.close()
}

/** From the first to the last acknowledgement: the queue is opened before, and closed gracefully within the time. */
const handled = async () => {
  let seen = 0
  let begin = 0
  const all = Promise.withResolvers<void>()
  const engine = await open(servers, () => {
    if (seen++ === 0) begin = performance.now()
    if (seen === count) all.resolve()
  })
  await all.promise
  await engine.close()
  print(count / ((performance.now() - begin) / 1000))
}

/** The other process offers: what an id has in it is when. */
const pickup = async () => {
  const engine = await open(servers)
  for (let i = 0; i < count; i++) {
    await engine.offer(`pick_${i}_${now()}`)
    await sleep(20)
  }
  await engine.close()
}

/** Works on nothing until its input ends; prints how late each delivery came. */
const idle = async () => {
  const engine = await open(servers, (id) => print(now() - Number(id.split("_")[2])))
  print("ready")
  process.stdin.on("close", () => void engine.close().then(() => process.exit(0))).resume()
}

await { offers, handled, pickup, idle }[measure]()
if (measure !== "idle") process.exit(0)
