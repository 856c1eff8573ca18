/**
 * The contract as an OpenAPI document, at `/openapi.json`. Public: it says nothing about what is stored.
 */
import { contract, openApi } from "@aywa-ai/runtime-sdk/internal/contract"
import { type Answer, json } from "./answer.ts"
import type { Exchange } from "./exchange.ts"

let document: string | undefined

/** The document, for a request that asks for it. */
export const openApiAnswer = ({ method, path }: Exchange): Answer | undefined => {
  if (method !== "GET" || path !== "/openapi.json") return undefined
  document ??= JSON.stringify(openApi(contract))
  return json(200, document)
}
