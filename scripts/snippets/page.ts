/** What the snippets of one page find: a folder with the files that they name, a local runtime, a source account. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { generateWebhookSecret } from "@aywa-ai/runtime-sdk/webhooks"

export interface Page extends AsyncDisposable {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

export const openPage = async (root: string): Promise<Page> => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-page-"))
  for (const name of ["policies.pdf", "opening-hours.pdf", "call.wav"]) writeFileSync(join(folder, name), `${name}\n`)
  const account = join(root, "packages/examples/src/fixtures/bundle.minimal.json")
  cpSync(account, join(folder, "bundle.json"))
  const webhookSecret = generateWebhookSecret()
  const runtime = await startLocalRuntime({ webhookSecret })
  const source = await startLocalRuntime({ rows: JSON.parse(readFileSync(account, "utf8")) })
  return {
    folder,
    env: {
      ...process.env,
      // Every block is a process that loads the workspace's sources: the next one finds them compiled.
      NODE_COMPILE_CACHE: join(root, "node_modules/.cache/snippets"),
      AYWA_RUNTIME_BASE_URL: runtime.baseUrl,
      AYWA_RUNTIME_API_KEY: runtime.apiKey,
      AYWA_RUNTIME_ORGANIZATION_ID: runtime.organizationId,
      AYWA_RUNTIME_WEBHOOK_SECRET: webhookSecret,
      SOURCE_API_URL: source.baseUrl,
      SOURCE_API_KEY: source.apiKey
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([runtime.close(), source.close()])
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
