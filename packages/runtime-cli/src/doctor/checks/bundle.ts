/**
 * What goes to browsers: a folder of client output must have neither the key nor the SDK in it.
 */
import { createReadStream } from "node:fs"
import { readdir } from "node:fs/promises"
import { join, relative } from "node:path"
import { codeOf } from "../../core/failure.ts"
import { type Check, fail, ok, skip } from "../types.ts"

/** Text that every bundle of the SDK has, minified or not: the brand of its errors. */
const marker = ["@aywa-ai/runtime-sdk", "RuntimeError"].join("/")

const bundle: Check = {
  id: "client.bundle",
  meaning: "Neither the API key nor the SDK is in what browsers load: there, everybody can read the key.",
  needs: ["config.key"],
  run: async ({ input, key, signal }) => {
    if (input.clientDir === undefined) return skip("give --client-dir with the folder of your browser output")
    const secret = key()
    const needles = [
      { text: secret, what: "the API key" },
      { text: Buffer.from(secret).toString("base64").replace(/=+$/, ""), what: "the API key in base64" },
      { text: marker, what: "the SDK" }
    ].map(({ text, what }) => ({ bytes: Buffer.from(text), what }))
    const leaks: Array<string> = []
    let files = 0
    try {
      for await (const file of walk(input.clientDir)) {
        files++
        const what = await search(file, needles, signal)
        if (what !== undefined) leaks.push(`${relative(input.clientDir, file)} (${what})`)
      }
    } catch (error) {
      signal.throwIfAborted()
      return fail(`${input.clientDir} cannot be read (${codeOf(error) ?? "error"}).`, "Check the folder.")
    }
    if (files === 0) return fail(`${input.clientDir} has no files.`, "Build first, and give the folder of the output.")
    if (leaks.length === 0) return ok(`${files} files have neither`)
    return fail(
      `In client output: ${leaks.slice(0, 5).join(", ")}${leaks.length > 5 ? `, and ${leaks.length - 5} more` : ""}.`,
      "Call the runtime from server code only, and rotate the key if it was published."
    )
  }
}

async function* walk(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    // Links are not followed: they may lead anywhere, and round in circles.
    if (entry.isDirectory() && entry.name !== "node_modules") yield* walk(path)
    else if (entry.isFile()) yield path
  }
}

interface Needle {
  readonly bytes: Buffer
  readonly what: string
}

/** Looks through a file piece by piece; pieces overlap, so that nothing is missed at their seam. */
const search = async (
  file: string,
  needles: ReadonlyArray<Needle>,
  signal: AbortSignal
): Promise<string | undefined> => {
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1
  let tail = Buffer.alloc(0)
  for await (const chunk of createReadStream(file, { signal })) {
    const piece = Buffer.concat([tail, Buffer.from(chunk)])
    const match = needles.find(({ bytes }) => piece.includes(bytes))
    if (match !== undefined) return match.what
    tail = piece.subarray(Math.max(0, piece.length - overlap))
  }
  return undefined
}

/** The checks of this file. */
export const bundleChecks: ReadonlyArray<Check> = [bundle]
