/**
 * Files that are written whole or not at all: Ctrl-C and a full disk leave the old one as it was.
 */
import { open, realpath, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { CliFailure, codeOf, exitCodes, isOutOfRoom, messageOf, usage } from "./failure.ts"

/**
 * Writes beside the file, then puts the new one in its place. A link stays one, and permissions stay; a device or a
 * pipe, such as /dev/stdout, is written to as it is.
 */
export const writeWhole = async (
  path: string,
  content: string | Uint8Array,
  options: { readonly mode?: number | undefined } = {}
): Promise<void> => {
  try {
    const there = await stat(path).catch(() => undefined)
    if (there !== undefined && !there.isFile()) await writeFile(path, content)
    else await replace(there === undefined ? path : await realpath(path), content, options.mode ?? there?.mode)
  } catch (error) {
    const code = codeOf(error) ?? messageOf(error)
    if (!isOutOfRoom(code)) {
      throw usage(`${path} cannot be written (${code}).`, "Check its folder and the permissions.")
    }
    throw new CliFailure({
      code: "output",
      message: `${path} could not be written whole (${code}).`,
      hint: "Check the space on the disk and the limit on file sizes.",
      exitCode: exitCodes.unwritten,
      cause: error
    })
  }
}

const replace = async (path: string, content: string | Uint8Array, mode: number | undefined): Promise<void> => {
  const temporary = join(dirname(path), `.aywa-${process.pid}-${performance.now().toString(36).replace(".", "")}.tmp`)
  try {
    const file = await open(temporary, "wx", 0o600)
    try {
      await file.writeFile(content)
      await file.chmod(mode === undefined ? 0o666 & ~process.umask() : mode & 0o777)
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
