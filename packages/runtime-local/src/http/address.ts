/**
 * Where others reach this runtime: known when the listener is bound, and another one after a start on another port.
 */

/** The address of a runtime. */
export interface Address {
  /** Without a slash at its end; empty before the listener is bound. */
  readonly baseUrl: () => string
  readonly move: (baseUrl: string) => void
}

/** An address that is not known yet. */
export const makeAddress = (): Address => {
  let current = ""
  return { baseUrl: () => current, move: (baseUrl) => void (current = baseUrl.replace(/\/+$/, "")) }
}
