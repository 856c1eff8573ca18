/** A process with one variant: does the rounds that it is asked for, and says what each took. */
import type { Task, Variants } from "./rounds.ts"

const [module = "", name = "", baseUrl = ""] = process.argv.slice(2)
const { variants } = (await import(module)) as { readonly variants: Variants }
const open = variants[name]
if (open === undefined) throw new Error(`${module} has no variant ${name}`)
const work = await open(baseUrl)

const round = async (task: Task): Promise<void> => {
  const wall = performance.now()
  const cpu = process.cpuUsage()
  const more = await work(task)
  const used = process.cpuUsage(cpu)
  process.send?.({
    cpu: (used.user + used.system) / task.units,
    wall: ((performance.now() - wall) * 1000) / task.units,
    more: more ?? {}
  })
}

process.on("message", (task) => void round(task as Task)) // What `rounds.ts` sends.
process.on("disconnect", () => process.exit(0))
process.send?.("ready")
