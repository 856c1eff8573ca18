/**
 * A terminal that programs run on: tmux where it is installed, else the pseudo-terminal of `script`. Both give what a
 * person sees.
 */
import { execFileSync, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

/** A program on a terminal. */
export interface Pane {
  /** What is on the screen, as text. */
  readonly screen: () => string
  readonly interrupt: () => void
  /** Its exit code, once it has ended. */
  readonly ended: () => number | undefined
  readonly close: () => void
}

/** How programs are started. */
export interface Terminal {
  readonly name: string
  readonly open: (command: string) => Pane
  readonly close: () => void
}

interface Options {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly columns: number
}

const has = (program: string, flag: string): boolean => {
  try {
    execFileSync(program, [flag], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const tmux = ({ cwd, env, columns }: Options): Terminal => {
  const socket = `aywa-${process.pid}`
  const call = (...args: ReadonlyArray<string>) =>
    execFileSync("tmux", ["-L", socket, "-f", "/dev/null", ...args], {
      cwd,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"]
    })
  const size = ["-x", String(columns), "-y", "400"]
  // A first window keeps the server alive, and takes the option that keeps ended programs on the screen.
  call("new-session", "-d", ...size, "-s", "keep", "cat")
  call("set-option", "-g", "remain-on-exit", "on")
  return {
    name: "tmux",
    open: (command) => {
      const session = `s${n++}`
      const file = join(cwd, `.${session}`)
      call("new-session", "-d", ...size, "-s", session, keepingCode(command, file))
      const screen = () =>
        call("capture-pane", "-p", "-J", "-S", "-", "-t", session).replace(/\nPane is dead[^\n]*\n*$/, "\n")
      return {
        screen,
        interrupt: () => void call("send-keys", "-t", session, "C-c"),
        ended: () => {
          const dead = call("display-message", "-p", "-t", session, "#{pane_dead}").trim() === "1"
          return dead ? codeIn(file) : undefined
        },
        close: () => void call("kill-session", "-t", session)
      }
    },
    close: () => void call("kill-server")
  }
}

/** Keeps the exit code in a file: tmux does not always tell it. The shell outlives a Ctrl-C that ends its program. */
const keepingCode = (command: string, file: string) => `trap : INT; ${command}; echo $? > '${file}'`

const codeIn = (file: string): number | undefined => {
  try {
    const text = readFileSync(file, "utf8").trim()
    return text === "" ? undefined : Number(text)
  } catch {
    return undefined
  }
}

const pty = ({ cwd, env, columns }: Options): Terminal => ({
  name: "script",
  open: (command) => {
    const file = join(cwd, `.p${n++}`)
    const sized = `stty cols ${columns} rows 400; ${keepingCode(command, file)}`
    const child = spawn("script", ["-qefc", sized, "/dev/null"], { cwd, env, stdio: ["pipe", "pipe", "inherit"] })
    let text = ""
    let closed = false
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
    child.once("close", () => (closed = true))
    return {
      screen: () => rendered(text),
      interrupt: () => void child.stdin.write("\u0003"),
      ended: () => (closed ? codeIn(file) : undefined),
      close: () => void child.kill()
    }
  },
  close: () => {}
})

/** What stays of a text with carriage returns and erased lines. */
const rendered = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.split("\r").at(-1)?.replace("\u001b[K", "") ?? "")
    .join("\n")

/** Opens the terminal that there is. */
export const openTerminal = (options: Options): Terminal => {
  if (process.env["AYWA_RECORD"] !== "script" && has("tmux", "-V")) return tmux(options)
  if (has("script", "--version")) return pty(options)
  throw new Error("Recording needs tmux, or script of util-linux")
}

let n = 0

/** Waits until something is so; a screen that never shows it is an error with what it shows. */
export const until = async (what: string, pane: Pane, condition: () => boolean): Promise<void> => {
  const deadline = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen; the screen shows:\n${pane.screen()}`)
    await sleep(30)
  }
}
