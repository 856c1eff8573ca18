/**
 * The control routes, with the token of whoever looks.
 */

/** Any JSON object. */
export type Row = Readonly<Record<string, unknown>>

/** A page of a list. */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor: string | null
}

/** An answer that is an error, in the words that the command line would use. */
export class ApiError extends Error {
  override readonly name = "ApiError"
  readonly status: number
  readonly issues: ReadonlyArray<string>
  constructor(status: number, issues: ReadonlyArray<string>) {
    super(issues.join("; "))
    this.status = status
    this.issues = issues
  }
}

const place = "aywa-control-token"

/** Why there is no token, where that is known. */
export const refusal: { current: string | undefined } = { current: undefined }

const ticketPrefix = "ticket="

/**
 * The token in the fragment, or the one that the runtime gives for a ticket there, taken out of the address; else the one
 * of this tab.
 */
export const takeToken = async (): Promise<void> => {
  const fragment = location.hash.slice(1)
  if (fragment === "" || fragment.startsWith("/")) return
  history.replaceState(null, "", `${location.pathname}#/`)
  if (!fragment.startsWith(ticketPrefix)) return setToken(decodeURIComponent(fragment))
  try {
    const { token } = await api<{ readonly token: string }>("POST", "ticket", {
      ticket: fragment.slice(ticketPrefix.length)
    })
    setToken(token)
  } catch (error) {
    refusal.current = linesOf(error).join(" ")
  }
}

/** The token of this tab. */
export const currentToken = (): string | undefined => sessionStorage.getItem(place) ?? undefined

/** Keeps a token for this tab, or forgets it. */
export const setToken = (token: string | undefined): void => {
  if (token === undefined) sessionStorage.removeItem(place)
  else sessionStorage.setItem(place, token)
}

/** What is called when the token is refused. */
export const onRefused = { current: (): void => {} }

const issuesOf = (body: unknown, status: number): ReadonlyArray<string> => {
  const { message }: Row = { ...Object(body) }
  if (Array.isArray(message)) return message.map(String)
  return [typeof message === "string" ? message : `Status ${status}`]
}

/** A request to a control route; fails with an ApiError. */
export const send = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {}
): Promise<Response> => {
  let response: Response
  try {
    response = await fetch(`/__aywa/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${sessionStorage.getItem(place) ?? ""}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw new ApiError(0, ["The local runtime does not answer. Is aywa-runtime local still running?"])
  }
  if (response.ok) return response
  const text = await response.text()
  const issues = issuesOf(parsed(text), response.status)
  if (response.status === 401) onRefused.current()
  throw new ApiError(response.status, issues)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The same for JSON answers. The runtime of this very package answers: its shapes are not checked again. */
export const api = async <A = Row>(method: string, path: string, body?: unknown): Promise<A> =>
  (await send(method, path, body)).json()

/** A route of the contract in the name of an organization. */
export const as = (organization: unknown, path: string): string =>
  `as/${encodeURIComponent(String(organization))}${path}`

/** What went wrong, as lines. */
export const linesOf = (error: unknown): ReadonlyArray<string> =>
  error instanceof ApiError ? error.issues : [error instanceof Error ? error.message : String(error)]
