/**
 * Options of a transport. Names no Effect type, because the promise client has them too.
 */

/**
 * How requests travel.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransportOptions {
  /**
   * Connections per origin at most, on Node; the default is 128. Clients with the same settings share theirs. An agent
   * that the program has set for `fetch` keeps its own number.
   */
  readonly connections?: number | undefined
  /**
   * `auto` (default): Node's built-in HTTP dispatcher where there is one (a third of the CPU of `fetch`), else `fetch`.
   * Node's `fetch` has limits of its own: it waits at most five minutes for an answer to begin, and for each piece of
   * it, whatever the policy says.
   */
  readonly transport?: "auto" | "fetch" | undefined
  /** Certificates of this client's connections, on Node. */
  readonly tls?: TlsOptions | undefined
  /** A `fetch` for this client's calls; it has its own connections. */
  readonly fetch?: Fetch | undefined
  /** A dispatcher of undici for this client's calls, such as a `ProxyAgent`; it has its own connections. On Node. */
  readonly dispatcher?: DispatcherLike | undefined
}

/**
 * Certificates, as PEM texts.
 *
 * @since 0.2.0
 * @category models
 */
export interface TlsOptions {
  /** Of the authorities that are trusted, in place of the platform's. */
  readonly ca?: string | ReadonlyArray<string> | undefined
  /** The client's own, for a runtime that asks for one. */
  readonly cert?: string | undefined
  /** The private key to `cert`. */
  readonly key?: string | undefined
}

/**
 * A function that is called as `fetch` is: that of the platform, that of npm's undici, or one of your own. It must not
 * follow redirects when `redirect` says `manual`.
 *
 * @since 0.2.0
 * @category models
 */
export type Fetch = (url: string, init?: FetchInit) => Promise<FetchResponse>

/**
 * What a `Fetch` is told of a request.
 *
 * @since 0.2.0
 * @category models
 */
export interface FetchInit {
  method?: string
  headers?: Record<string, string>
  redirect?: "manual"
  signal?: AbortSignal
  cache?: "no-store"
  body?: string | ReadableStream<Uint8Array>
  duplex?: "half"
}

/**
 * What is read of the answer of a `Fetch`.
 *
 * @since 0.2.0
 * @category models
 */
export interface FetchResponse {
  readonly status: number
  readonly redirected?: boolean
  readonly headers: Iterable<[string, string]> & { get(name: string): string | null }
  readonly body: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> } } | null
  text(): Promise<string>
  json(): Promise<unknown>
}

/**
 * What requests can be dispatched through: any dispatcher of undici.
 *
 * @since 0.2.0
 * @category models
 */
export interface DispatcherLike {
  dispatch(options: never, handler: never): unknown
}
