/**
 * Opens the inspector's page in the browser of whoever sits here.
 */
import { spawn } from "node:child_process"
import type { Session } from "../core/session.ts"

/** The program that opens an address, and what it takes before it. `BROWSER` names another one, as elsewhere. */
const opener = (): readonly [program: string, ...args: ReadonlyArray<string>] => {
  const { BROWSER: own = "" } = process.env
  if (own !== "") return [own]
  if (process.platform === "darwin") return ["open"]
  return process.platform === "win32" ? ["rundll32", "url.dll,FileProtocolHandler"] : ["xdg-open"]
}

/** Opens it; where that fails, says what to do. */
export const openInspector = async (url: string | undefined, out: Session["out"]): Promise<void> => {
  if (url === undefined) return out.note("There is no inspector to open: production mode and --no-inspector have none.")
  const [program, ...args] = opener()
  const failure = await new Promise<string | undefined>((resolve) => {
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true })
    child.once("error", (error) => resolve(error.message))
    child.once("spawn", () => {
      child.unref()
      resolve(undefined)
    })
  })
  if (failure !== undefined) out.note(`The browser could not be opened (${failure}): open the address yourself.`)
}
