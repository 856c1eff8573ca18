/**
 * Ctrl-C, for whatever runs: a command sees the signal, takes back what is half done, and ends. One that runs until
 * it is stopped ends with 0, any other with 130 or 143.
 */

/** Fires once, on the first SIGINT or SIGTERM. */
export const stop = new AbortController()
