import { fork } from "node:child_process"
import { floor } from "./floor.ts"
import { variants as v0 } from "./variants.ts"
const variants: any = { ...v0, floor }

const names = (process.argv[2] ?? "fetch,undici.request,aywa,aywa (Effect),aywa on fetch").split(",")
const rounds = Number(process.argv[3] ?? 12)
const per = Number(process.argv[4] ?? 2000)
const cases = [["get", 32], ["list", 32], ["get", 1], ["list", 1]] as const

if (process.argv[2] === "--child") {
  const name = process.argv[3] ?? ""
  const calls = await variants[name]!(process.argv[4] ?? "")
  process.on("message", async ({ call, inFlight, total }: any) => {
    globalThis.gc?.()
    const t = performance.now()
    const c = process.cpuUsage()
    if (calls.many) await calls.many(call, total, inFlight)
    else {
      let left = total
      const f = call === "get" ? calls.get : calls.list
      await Promise.all(Array.from({ length: inFlight }, async () => { while (left-- > 0) await f() }))
    }
    const d = process.cpuUsage(c)
    process.send!({ cpu: (d.user + d.system) / total, wall: (performance.now() - t) * 1000 / total })
  })
  process.on("disconnect", () => process.exit(0))
  process.send!("ready")
} else {
  const once = (p: any) => new Promise<any>((r) => p.once("message", r))
  const server = fork(new URL("./server.ts", import.meta.url), { execArgv: [] })
  const { port } = await once(server)
  const children = await Promise.all(names.map(async (name) => {
    const p = fork(new URL(import.meta.url), ["--child", name, `http://127.0.0.1:${port}`], { execArgv: ["--expose-gc"] })
    await once(p)
    return { name, p, data: {} as Record<string, { cpu: number[], wall: number[] }> }
  }))
  for (let r = -2; r < rounds; r++) {
    for (const [call, inFlight] of cases) {
      const total = inFlight === 1 ? per / 4 : per
      for (let i = 0; i < children.length; i++) {
        const c = children[(i + r + 2) % children.length]!
        c.p.send({ call, inFlight, total })
        const m = await once(c.p)
        if (r < 0) continue
        const d = c.data[`${call} ${inFlight}`] ??= { cpu: [], wall: [] }
        d.cpu.push(m.cpu); d.wall.push(m.wall)
      }
    }
  }
  const q = (a: number[], p: number) => [...a].sort((x, y) => x - y)[Math.floor(p * (a.length - 1))]!
  for (const [call, inFlight] of cases) {
    const k = `${call} ${inFlight}`
    const base = (n: string) => q(children.find((c) => c.name === n)?.data[k]?.cpu ?? [NaN], 0.1)
    console.log(k)
    for (const { name, data } of children) {
      const d = data[k]!
      console.log(`  ${name.padEnd(24)} cpu p10 ${q(d.cpu, .1).toFixed(1).padStart(6)} p50 ${q(d.cpu, .5).toFixed(1).padStart(6)}  wall p10 ${q(d.wall, .1).toFixed(1).padStart(6)}  /fetch ${(q(d.cpu, .1) / base("fetch")).toFixed(3)} /undici ${(q(d.cpu, .1) / base("undici.request")).toFixed(3)} /vapi ${(q(d.cpu, .1) / base("vapi")).toFixed(3)} /stripe ${(q(d.cpu, .1) / base("stripe")).toFixed(3)}`)
    }
  }
  for (const { p } of children) p.disconnect()
  server.disconnect()
}
