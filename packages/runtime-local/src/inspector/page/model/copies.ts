/**
 * A request as a command and as a call of the SDK. The key stands there as a variable, unless it is asked for.
 */
import { contract, operationOf } from "./contract.ts"
import type { RequestSummary } from "./requests.ts"

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** For a shell. */
export const curlOf = (entry: RequestSummary, body: unknown, baseUrl: string, apiKey: string | undefined): string => {
  const { method, path, query, idempotencyKey } = entry
  const key =
    apiKey === undefined ? `"authorization: Bearer $AYWA_RUNTIME_API_KEY"` : quoted(`authorization: Bearer ${apiKey}`)
  return [
    `curl -X ${method} ${quoted(`${baseUrl}${path}${query === "" ? "" : `?${query}`}`)}`,
    `-H ${key}`,
    ...(idempotencyKey === undefined ? [] : [`-H ${quoted(`idempotency-key: ${idempotencyKey}`)}`]),
    ...(body === undefined ? [] : ["-H 'content-type: application/json'", `-d ${quoted(JSON.stringify(body))}`])
  ].join(" \\\n  ")
}

/** For TypeScript; `undefined` where the request is none of the contract's. */
export const sdkCallOf = async (
  entry: RequestSummary,
  body: unknown,
  baseUrl: string,
  apiKey: string | undefined
): Promise<string | undefined> => {
  const { method, path, query, route, idempotencyKey } = entry
  const operation = operationOf(await contract(), method, route)
  if (operation === undefined) return undefined
  const at = (route ?? "").split("/").indexOf(":id")
  const id = at === -1 ? undefined : decodeURIComponent(path.split("/")[at] ?? "")
  const search = Object.fromEntries(new URLSearchParams(query))
  const values = [
    ...(id === undefined ? [] : [id]),
    ...(body === undefined ? [] : [body]),
    ...(query === "" ? [] : [search])
  ].map((value) => JSON.stringify(value, null, 2))
  const options = idempotencyKey === undefined ? [] : [`{ idempotencyKey: ${JSON.stringify(idempotencyKey)} }`]
  const key = apiKey === undefined ? "process.env.AYWA_RUNTIME_API_KEY" : JSON.stringify(apiKey)
  return [
    `import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"`,
    "",
    `const aywa = new AywaRuntimeClient({ baseUrl: ${JSON.stringify(baseUrl)}, apiKey: ${key} })`,
    `await aywa.${operation}(${[...values, ...options].join(", ")})`
  ].join("\n")
}
