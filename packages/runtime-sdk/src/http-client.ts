/**
 * The SDK over any `HttpClient` of `effect/http`.
 *
 * @since 0.1.0
 */
export * from "./effect/httpClient.ts"
export type * from "./effect/named.ts"
