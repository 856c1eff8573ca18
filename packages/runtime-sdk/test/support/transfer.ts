/**
 * Run as a process of its own: moves a file and prints how much memory it took beyond what was there before.
 * `transfer.ts <download|effect|upload> <auto|fetch> <baseUrl> <bytes>`
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as AywaRuntime from "../../src/effect/AywaRuntime.ts"
import * as Files from "../../src/effect/Files.ts"
import { AywaRuntimeClient } from "../../src/index.ts"

const [how = "", transport = "", baseUrl = "", size = ""] = process.argv.slice(2)
const options = { baseUrl, apiKey: "a-key" } as const
const aywa = new AywaRuntimeClient({
  ...options,
  timeout: 600_000,
  deadline: 600_000,
  transport: transport === "fetch" ? "fetch" : "auto"
})

const piece = Buffer.alloc(65_536, 7)
async function* generate(bytes: number) {
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(left, piece.length))
}

const move = async (bytes: number): Promise<number> => {
  if (how === "upload") return (await aywa.files.upload({ file: () => generate(bytes) })).bytes ?? 0
  if (how === "download") {
    let sum = 0
    for await (const chunk of aywa.files.contentStream(String(bytes))) sum += chunk.length
    return sum
  }
  const program = Effect.gen(function* () {
    const files = yield* Files.Files
    return yield* Stream.runFold(
      files.contentStream(String(bytes)),
      () => 0,
      (sum, chunk) => sum + chunk.length
    )
  })
  return Effect.runPromise(Effect.provide(program, AywaRuntime.layer(options)))
}

// A small transfer first: what code and connections take is not what content takes.
await move(4_194_304)
const before = process.resourceUsage().maxRSS
const moved = await move(Number(size))
const after = process.resourceUsage().maxRSS
process.stdout.write(JSON.stringify({ moved, before: before * 1024, peak: after * 1024 }))
