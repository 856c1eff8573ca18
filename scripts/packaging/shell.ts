/**
 * Runs programs, and says what they printed when they fail.
 */
import { spawn } from "node:child_process"
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"

export const root = new URL("../..", import.meta.url).pathname

/** Runs a program to its end and gives its output. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> }
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.once("error", reject)
    child.once("close", (code) => {
      if (code === 0) resolve(stdout)
      else
        reject(new Error(`${command} ${args.join(" ")} (in ${options.cwd}) ended with ${code}\n${stdout}\n${stderr}`))
    })
  })

/** A program of the workspace. */
export const tool = (name: string) => join(root, "node_modules/.bin", name)

/** Lists the files below a folder. */
export const walk = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
