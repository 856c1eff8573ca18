/**
 * The end of a run before its time: Ctrl-C, a closed terminal, a reader that went away. A command sees the signal,
 * takes back what is half done, and ends. One that runs until it is stopped ends with 0, any other with the code of
 * what stopped it.
 */

/** Fires once, whatever comes first. */
export const stop = new AbortController()
