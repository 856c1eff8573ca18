/**
 * One process at a time writes the state of an environment on this machine.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { fail } from "../errors/RuntimeConfigError.ts"
import { codeOf } from "../folder/io.ts"
import { localFolder } from "../folder/state.ts"

/** Runs while it holds the lock. A lock of a process that is dead is taken over. */
export const locked = async <A>(folder: string, environment: string, run: () => Promise<A>): Promise<A> => {
  const directory = localFolder(folder, environment)
  const file = join(directory, "lock")
  mkdirSync(directory, { recursive: true })
  const mine = `${process.pid} ${hostname()}\n`
  if (!create(file, mine)) {
    const owner = readOwner(file)
    if (isAlive(owner)) fail({ _tag: "Locked", file, owner: `process ${owner?.trim() ?? "unknown"}` })
    takeAway(file, owner)
    if (!create(file, mine)) fail({ _tag: "Locked", file, owner: `process ${readOwner(file)?.trim() ?? "unknown"}` })
  }
  try {
    return await run()
  } finally {
    rmSync(file, { force: true })
  }
}

const create = (file: string, text: string): boolean => {
  try {
    const handle = openSync(file, "wx")
    writeSync(handle, text)
    closeSync(handle)
    return true
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false
    return fail({ _tag: "Unwritten", file, detail: codeOf(error) }, error)
  }
}

const readOwner = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** Moved, not removed: of two that see the same dead owner, the second must not remove the lock of the first. */
const takeAway = (file: string, dead: string | undefined): void => {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    if (readOwner(aside) === dead) rmSync(aside, { force: true })
    else renameSync(aside, file)
  } catch {
    // Somebody else was faster; whether the lock is free is seen when it is made.
  }
}

/** A process of another machine cannot be asked, so it counts as alive. So does this one: it runs one step at a time. */
const isAlive = (owner: string | undefined): boolean => {
  const [pid = "", host = ""] = (owner ?? "").trim().split(" ")
  // Its process died while it wrote.
  if (!/^\d+$/.test(pid) || host === "") return false
  if (host !== hostname()) return true
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
}
