/**
 * Small parts of the work loop: a timer that is set anew each time, a look after the current turn, and a gate.
 */

/** The longest wait that a timer takes. */
const longestTimer = 2_000_000_000

/** Rings once, after the time that it was set to last. Does not keep the process alive. */
export const makeAlarm = (ring: () => void) => {
  let timer: NodeJS.Timeout | undefined
  return {
    set: (milliseconds: number) => {
      clearTimeout(timer)
      timer = setTimeout(ring, Math.min(milliseconds, longestTimer)).unref()
    },
    clear: () => clearTimeout(timer)
  }
}

/** Runs once after the current turn of the event loop, however often it is asked to. */
export const makeNextTurn = (run: () => void) => {
  let immediate: NodeJS.Immediate | undefined
  return {
    request: () => {
      immediate ??= setImmediate(() => {
        immediate = undefined
        run()
      })
    },
    isPending: () => immediate !== undefined,
    clear: () => {
      clearImmediate(immediate)
      immediate = undefined
    }
  }
}

/** Holds up whoever waits, until it opens for a moment. */
export const makeGate = () => {
  let waiting: Array<() => void> = []
  return {
    wait: () => new Promise<void>((resolve) => void waiting.push(resolve)),
    open: () => {
      const all = waiting
      waiting = []
      for (const resolve of all) resolve()
    }
  }
}
