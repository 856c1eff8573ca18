/** How often a law is tried: few times here, `AYWA_RUNS` times as often in CI. */
export const runs = (few: number): number => few * Number(process.env["AYWA_RUNS"] ?? 1)

/** Time for it, in milliseconds, on a loaded machine. */
export const limit = (few: number): number => runs(few)
