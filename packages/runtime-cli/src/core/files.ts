/**
 * Files that are written whole or not at all: Ctrl-C and a full disk leave the old one as it was.
 */
import { open, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"

/** Writes beside the file, then puts the new one in its place. */
export const writeWhole = async (
  path: string,
  content: string | Uint8Array,
  options: { readonly mode?: number | undefined } = {}
): Promise<void> => {
  const temporary = join(dirname(path), `.aywa-${process.pid}-${performance.now().toString(36).replace(".", "")}.tmp`)
  try {
    const file = await open(temporary, "wx", options.mode ?? 0o644)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
