/**
 * A bar for long work, redrawn in place on a terminal and silent elsewhere.
 */
import type { Output } from "./output.ts"

const cells = 24

/** Shows how far something is; at most ten times a second. */
export const makeProgress = (out: Output) => {
  let last = 0
  return (label: string, done: number, total: number): void => {
    const now = performance.now()
    if (!out.interactive || (done < total && now - last < 100)) return
    last = now
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const full = Math.round(share * cells)
    out.status(
      `${"█".repeat(full)}${"░".repeat(cells - full)} ${String(Math.floor(share * 100)).padStart(3)} %  ${label} ${done}/${total}`
    )
  }
}
