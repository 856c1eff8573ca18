/**
 * What a handler gives back: `send.ts` puts it on the socket, unless a fault spoils it on the way.
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** In place of `body`: content that is read piece by piece as the client takes it. Its length is in the headers. */
  readonly content?: Iterable<Uint8Array> | undefined
}

/** A JSON answer from text that is JSON already. */
export const json = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
  body
})
