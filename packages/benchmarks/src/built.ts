/**
 * The SDK as it is published: the workspace's own `exports` point at the sources, the packed ones at `dist`.
 */
import type * as Promises from "@aywa-ai/runtime-sdk"
import type * as Effects from "@aywa-ai/runtime-sdk/effect"
import type * as Webhooks from "@aywa-ai/runtime-sdk/webhooks"

const dist = new URL("../../runtime-sdk/dist/", import.meta.url)

/** Path of a built file. */
export const pathOf = (file: string): string => new URL(file, dist).pathname

export const loadPromise = (): Promise<typeof Promises> => import(pathOf("index.js"))
export const loadEffect = (): Promise<typeof Effects> => import(pathOf("effect.js"))
export const loadWebhooks = (): Promise<typeof Webhooks> => import(pathOf("webhooks.js"))
