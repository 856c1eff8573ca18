/**
 * The profile of a runtime, from its file.
 */
import { readFile } from "node:fs/promises"
import { readRuntimeProfile, type RuntimeProfile } from "@aywa-ai/runtime-sdk/contract"
import { isRuntimeError } from "@aywa-ai/runtime-sdk"
import { usage } from "./failure.ts"

/** Reads what `conformance --save` wrote. */
export const readProfile = async (file: string): Promise<RuntimeProfile> => {
  try {
    return readRuntimeProfile(await readFile(file, "utf8"))
  } catch (error) {
    if (!isRuntimeError(error)) throw error
    throw usage(`${file}: ${error.message}`, "Write it with aywa-runtime conformance --write --save FILE.")
  }
}
