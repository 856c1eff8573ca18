/**
 * The SDK as it is published: the workspace's own `exports` point at the sources, the packed ones at `dist`.
 */
const dist = new URL("../../runtime-sdk/dist/", import.meta.url)

/** Path of a built file. */
export const pathOf = (file: string): string => new URL(file, dist).pathname

export const loadPromise = (): Promise<typeof import("@aywa-ai/runtime-sdk")> => import(pathOf("index.js"))
export const loadEffect = (): Promise<typeof import("@aywa-ai/runtime-sdk/effect")> => import(pathOf("effect.js"))
export const loadWebhooks = (): Promise<typeof import("@aywa-ai/runtime-sdk/webhooks")> => import(pathOf("webhooks.js"))
