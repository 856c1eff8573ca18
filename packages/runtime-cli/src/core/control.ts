/**
 * The control API of a local runtime. Its token is printed by `aywa-runtime local`; a deployed runtime has none.
 */
import { CliFailure, exitCodes, usage } from "./failure.ts"
import { isLoopbackUrl } from "./loopback.ts"
import type { Session } from "./session.ts"

/** The variable that `local --write-env` writes. */
export const controlVariable = "AYWA_RUNTIME_CONTROL_TOKEN"

/** Calls the control API. */
export const control = async (
  session: Pick<Session, "settings" | "signal">,
  method: string,
  path: string,
  body?: unknown
): Promise<unknown> => {
  const { settings, signal } = session
  const token = settings.variable(controlVariable)
  const base = settings.address?.value
  if (base === undefined)
    throw usage(
      "There is no address.",
      "Give --env-file .env.local (aywa-runtime local --write-env .env.local writes it), or set AYWA_RUNTIME_BASE_URL."
    )
  if (token === undefined) {
    throw usage(
      "This works with a local runtime, whose control token is not known.",
      `Start it with aywa-runtime local --write-env .env.local and give --env-file .env.local here, or set ${controlVariable}.`
    )
  }
  // The token is another power than the API key: it never leaves this machine.
  if (!isLoopbackUrl(base)) {
    throw usage(
      "This works with a local runtime, and the address is not on this machine.",
      "A deployed runtime sends real events by itself; look at them with aywa-runtime webhooks tail."
    )
  }
  let response: Response
  try {
    response = await fetch(`${base.replace(/\/+$/, "")}/__aywa/${path}`, {
      method,
      redirect: "error",
      signal,
      headers: {
        authorization: `Bearer ${token.value}`,
        ...(body === undefined ? {} : { "content-type": "application/json" })
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
  } catch (error) {
    if (signal.aborted) throw error
    throw new CliFailure({
      code: "unreachable",
      message: "The local runtime does not answer.",
      hint: "Is aywa-runtime local still running?",
      exitCode: exitCodes.unreachable
    })
  }
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  throw new CliFailure({
    code: response.status === 401 ? "control_token" : `http_${response.status}`,
    message:
      response.status === 401
        ? "The control token is not the one of this runtime."
        : messageOf(answer, response.status),
    hint: response.status === 401 ? "A new start has a new token: read its env file again." : undefined,
    exitCode: response.status === 401 ? exitCodes.auth : response.status === 404 ? exitCodes.notFound : exitCodes.usage
  })
}

const messageOf = (answer: unknown, status: number): string => {
  const message: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "message") : undefined
  const text = Array.isArray(message) ? message.join("; ") : typeof message === "string" ? message : `Status ${status}`
  return /[.!?]$/.test(text) ? text : `${text}.`
}
