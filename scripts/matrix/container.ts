/**
 * The image of the local runtime without a daemon to build it: a root file system of its own with Node, the packed command
 * line installed as the Dockerfile installs it, and nothing else; its ENTRYPOINT runs in it as nobody in particular.
 *
 * What is not run: the base image (this machine's Node and C library stand in for it), the building of layers, and
 * docker compose.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, copyFileSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { run, work } from "./projects.ts"

const dockerfile = readFileSync(new URL("../../packages/runtime-local/docker/Dockerfile", import.meta.url), "utf8")

/** The words of an instruction in its JSON form. */
const words = (instruction: string): ReadonlyArray<string> =>
  JSON.parse(new RegExp(`^${instruction} .*?(\\[.*\\])$`, "m").exec(dockerfile)?.[1] ?? "[]")

/** Copies a program and the libraries that it is linked with. */
const copyProgram = async (from: string, root: string, to: string): Promise<void> => {
  const { stdout } = await run("ldd", [from], work)
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file ?? "")
  for (const [file, place] of [[from, to], ...libraries.map((library) => [library, library])] as const) {
    if (file === undefined || place === undefined) continue
    mkdirSync(dirname(join(root, place)), { recursive: true })
    copyFileSync(realpathSync(file), join(root, place))
    chmodSync(join(root, place), 0o755)
  }
}

/** Whether this machine lets a process have another root. */
export const canRoot = (): boolean => process.platform === "linux" && process.getuid?.() === 0

const user = 1000

/** A root file system as the image has it. */
const makeRoot = async (cli: string): Promise<string> => {
  const root = join(work, "rootfs")
  for (const folder of ["dev", "tmp", "data", "etc", "usr/local/bin"])
    mkdirSync(join(root, folder), { recursive: true })
  await copyProgram(process.execPath, root, "/usr/local/bin/node")
  await copyProgram("/usr/bin/env", root, "/usr/bin/env")
  await run("npm", ["install", "--global", "--omit=dev", "--prefix", join(root, "usr/local"), cli], work)
  writeFileSync(join(root, "etc/passwd"), `node:x:${user}:${user}::/tmp:/bin/false\n`)
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n")
  await run("chown", [`${user}:${user}`, join(root, "data"), join(root, "tmp")], work)
  return root
}

const inRoot = (root: string, args: ReadonlyArray<string>) =>
  spawn("/usr/sbin/chroot", [`--userspec=${user}:${user}`, root, ...args], {
    env: { PATH: "/usr/local/bin:/usr/bin", HOME: "/tmp" },
    stdio: ["ignore", "pipe", "pipe"]
  })

/** Starts what the image starts, on a port of its own; it is healthy, answers, keeps its rows in the volume, and ends. */
export const runContainer = async (cli: string): Promise<void> => {
  const root = await makeRoot(cli)
  const port = 20_000 + (process.pid % 20_000)
  const entry = words("ENTRYPOINT").map((word) => (word === "4010" ? String(port) : word))
  const start = async () => {
    const child = inRoot(root, [...entry, "--api-key", "sk_container"])
    let said = ""
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
    const [line] = await Promise.race([once(child.stdout, "data"), once(child, "close")])
    if (!String(line).startsWith("{")) throw new Error(`The container did not start: ${said}`)
    return child
  }
  const headers = { authorization: "Bearer sk_container", "content-type": "application/json" }
  const assistants = `http://127.0.0.1:${port}/assistant`
  const first = await start()
  try {
    const health = inRoot(
      root,
      words("HEALTHCHECK").map((word) => word.replace(":4010/", `:${port}/`))
    )
    const [code] = await once(health, "exit")
    if (code !== 0) throw new Error(`The health check ends with ${code}`)
    const made = await fetch(assistants, { method: "POST", headers, body: JSON.stringify({ name: "Kept" }) })
    if (made.status !== 201) throw new Error(`A create answers ${made.status}: ${await made.text()}`)
  } finally {
    first.kill("SIGTERM")
    await once(first, "exit")
  }
  const second = await start()
  try {
    const rows = (await (await fetch(assistants, { headers })).json()) as ReadonlyArray<{ readonly name: string }>
    if (rows[0]?.name !== "Kept") throw new Error(`The volume has ${JSON.stringify(rows)}`)
  } finally {
    second.kill("SIGTERM")
    await once(second, "exit")
  }
}
