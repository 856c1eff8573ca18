/** A wall clock that a test sets, for the programs that it starts: what `date -s` would do to all of the machine. */
import { execFileSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export interface SteppedClock extends Disposable {
  /** The environment of a program that reads it. */
  readonly env: Readonly<Record<string, string>>
  /** Sets it to so many milliseconds beside the machine's. */
  readonly set: (millis: number) => void
}

/** Makes one; needs a C compiler, `cc`. */
export const makeSteppedClock = (): SteppedClock => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-clock-"))
  const [library, file] = [join(folder, "clock.so"), join(folder, "step")]
  const source = fileURLToPath(new URL("./steppedClock.c", import.meta.url))
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source])
  const descriptor = openSync(file, "w+")
  const set = (millis: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(millis))
    writeSync(descriptor, bytes, 0, 8, 0)
  }
  set(0)
  return {
    env: { LD_PRELOAD: library, AYWA_TEST_CLOCK: file },
    set,
    [Symbol.dispose]: () => {
      closeSync(descriptor)
      rmSync(folder, { recursive: true })
    }
  }
}
