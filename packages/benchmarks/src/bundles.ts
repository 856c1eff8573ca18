/** A program that makes one call, bundled for production: bytes, minified and gzipped. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"
import { rolldown } from "rolldown"
import { pathOf } from "./built.ts"

export interface BundleRow {
  readonly name: string
  readonly esbuild: { readonly min: number; readonly gzip: number }
  readonly rolldown: { readonly min: number; readonly gzip: number }
}

// Bundlers look for what is imported below the program's folder: here.
const here = fileURLToPath(new URL("..", import.meta.url))

const list = `console.log(await client.assistants.list({ limit: 20 }))`
export const programs: Readonly<Record<string, string>> = {
  aywa: `
    import { AywaRuntimeClient } from ${JSON.stringify(pathOf("index.js"))}
    const client = new AywaRuntimeClient({ baseUrl: process.env.URL, apiKey: process.env.KEY })
    ${list}`,
  "aywa (Effect)": `
    import * as Effect from "effect/Effect"
    import { Assistants, AywaRuntime } from ${JSON.stringify(pathOf("effect.js"))}
    const program = Effect.flatMap(Assistants.Assistants, (assistants) => assistants.list({ limit: 20 }))
    const layer = AywaRuntime.layer({ baseUrl: process.env.URL ?? "", apiKey: process.env.KEY ?? "" })
    console.log(await Effect.runPromise(Effect.provide(program, layer)))`,
  vapi: `
    import { VapiClient } from "@vapi-ai/server-sdk"
    const client = new VapiClient({ token: process.env.KEY })
    ${list}`,
  stripe: `
    import Stripe from "stripe"
    console.log(await new Stripe(process.env.KEY).customers.list({ limit: 20 }))`,
  openai: `
    import OpenAI from "openai"
    console.log(await new OpenAI({ apiKey: process.env.KEY }).files.list({ limit: 20 }))`,
  "undici.request": `
    import { request } from "undici"
    console.log(await (await request(process.env.URL)).body.json())`,
  "aywa/webhooks": `
    import { verifyAywaRuntimeWebhook } from ${JSON.stringify(pathOf("webhooks.js"))}
    export const receive = (body, headers) => verifyAywaRuntimeWebhook({ body, headers, secret: process.env.SECRET })`,
  "aywa/tools": `
    import { Tool, Toolkit } from ${JSON.stringify(pathOf("tools.js"))}
    import { nodeWebhookHandler } from ${JSON.stringify(pathOf("webhooks/handlers.js"))}
    import { z } from "zod"
    const parameters = z.object({ id: z.string() })
    const order = Tool.make("order", { description: "Finds an order", parameters, execute: ({ id }) => id })
    const handlers = { "tool-calls": Toolkit.handler(Toolkit.make(order)) }
    export const receive = nodeWebhookHandler({ secret: process.env.SECRET, handlers })`,
  standardwebhooks: `
    import { Webhook } from "standardwebhooks"
    export const receive = (body, headers) => new Webhook(process.env.SECRET).verify(body, headers)`,
  svix: `
    import { Webhook } from "svix"
    export const receive = (body, headers) => new Webhook(process.env.SECRET).verify(body, headers)`
}

/** What programs bring along themselves, and is not ours to count. */
const external = ["zod"]

const sizes = (code: string | Uint8Array) => ({
  min: Buffer.byteLength(code),
  gzip: gzipSync(code, { level: 9 }).length
})

const withEsbuild = async (code: string) => {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: here, loader: "js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node22",
    legalComments: "none",
    external,
    write: false,
    logLevel: "error"
  })
  return sizes(outputFiles[0]?.contents ?? "")
}

const withRolldown = async (code: string) => {
  const folder = mkdtempSync(join(here, ".bundle-"))
  try {
    const input = join(folder, "program.js")
    writeFileSync(input, code)
    const bundle = await rolldown({ input, platform: "node", external, logLevel: "silent" })
    const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false })
    await bundle.close()
    return sizes(output.map((part) => (part.type === "chunk" ? part.code : "")).join(""))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const bundles = async (names = Object.keys(programs)): Promise<ReadonlyArray<BundleRow>> => {
  const rows: Array<BundleRow> = []
  for (const name of names) {
    const code = programs[name] ?? ""
    rows.push({ name, esbuild: await withEsbuild(code), rolldown: await withRolldown(code) })
  }
  return rows
}

/** Files that Node loads for an entry, ours and Effect's: what a cold import costs grows with them. */
export const filesOf = async (entry: string): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "files-"))
  try {
    const { metafile } = await build({
      entryPoints: [pathOf(entry)],
      bundle: true,
      format: "esm",
      platform: "node",
      treeShaking: false,
      metafile: true,
      outdir: folder,
      logLevel: "error"
    })
    return Object.keys(metafile.inputs).length
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Size of a file as it is published. */
export const fileSize = (file: string) => sizes(readFileSync(pathOf(file)))
