/**
 * What a command runs with: settings, output, the client of the runtime, and the signal that Ctrl-C fires. Commands
 * are plain async functions of it; nothing below `cli/` knows how flags are parsed.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import * as Redacted from "effect/Redacted"
import { messageOf, usage } from "./failure.ts"
import { makeOutput, type Output } from "./output.ts"
import { type GlobalFlags, resolve, type Settings, variables } from "./settings.ts"

/** What a command runs with. */
export interface Session {
  readonly settings: Settings
  readonly out: Output
  /** Fires when the command is interrupted. */
  readonly signal: AbortSignal
  /** The client of the runtime; made on first use. Closing it would wait for calls that a stopped command left. */
  readonly client: (where?: Where) => Promise<AywaRuntimeClient>
  /**
   * Asks before something that cannot be undone. Without a terminal it asks for `--yes` instead. A `word` has to be
   * written as it is; `--yes` is no answer to that.
   */
  readonly confirm: (question: string, word?: string) => Promise<void>
  /** Runs at the end, whatever happened; the last one that was added runs first. */
  readonly cleanup: (run: () => unknown) => void
}

/** Another address or organization than that of the settings: a file's. */
export interface Where {
  readonly baseUrl?: string | undefined
  readonly organizationId?: string | undefined
}

/** A command: what it does with its own flags. A number is its exit code, nothing is 0. */
export type Run<Input> = (input: Input, session: Session) => Promise<number | void>

/** Makes a session, runs a command in it, and cleans up. */
export const within = async <A>(
  flags: GlobalFlags,
  signal: AbortSignal,
  use: (session: Session) => Promise<A>
): Promise<A> => {
  const cleanups: Array<() => unknown> = []
  const out = makeOutput(flags, process.stdout, process.stderr, process.env)
  const settings = resolve(flags, process.env)
  if (flags.timeout !== undefined && !(flags.timeout > 0 && flags.timeout <= 86_400)) {
    throw usage("--timeout takes seconds, more than 0.", "For example --timeout 10.")
  }
  let client: Promise<AywaRuntimeClient> | undefined
  const session: Session = {
    settings,
    out,
    signal,
    cleanup: (run) => cleanups.unshift(run),
    client: (where) => (client ??= connect(settings, out, where)),
    confirm: async (question, word) => {
      if (settings.yes && word === undefined) return
      if (!process.stdin.isTTY || !process.stderr.isTTY) {
        const hint = word === undefined ? "Give --yes to go on without asking." : `Give --confirm-organization ${word}.`
        throw usage(`${question} There is no terminal to ask.`, hint)
      }
      const { createInterface } = await import("node:readline/promises")
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      // The prompt reads keys itself: Ctrl-C is no signal there, and Ctrl-D is no answer.
      lines.once("SIGINT", () => process.emit("SIGINT"))
      try {
        const answer = await lines
          .question(`${question} ${word === undefined ? "[y/N] " : ""}`, { signal })
          .catch(() => "\n")
        if (answer === "\n") process.stderr.write(answer)
        signal.throwIfAborted()
        if (word !== undefined && answer.trim() !== word) throw usage("Nothing was done.", `Write ${word}.`)
        if (word === undefined && !/^y(es)?$/i.test(answer.trim())) {
          throw usage("Nothing was done.", "Answer y, or give --yes.")
        }
      } finally {
        lines.close()
      }
    }
  }
  try {
    return await use(session)
  } finally {
    out.status(undefined)
    for (const run of cleanups) {
      try {
        await run()
      } catch (error) {
        out.warn(`Not everything could be taken back: ${messageOf(error)}`)
      }
    }
  }
}

const connect = async (settings: Settings, out: Output, where: Where = {}): Promise<AywaRuntimeClient> => {
  const { AywaRuntimeClient } = await import("@aywa-ai/runtime-sdk")
  if (settings.key?.source === "--api-key") {
    out.warn("--api-key on the command line is visible to other processes; AYWA_RUNTIME_API_KEY is not.")
  }
  const profile = settings.variable(variables.profile)
  return new AywaRuntimeClient({
    runtimeProfile: profile === undefined ? undefined : await (await import("./profile.ts")).readProfile(profile.value),
    baseUrl: where.baseUrl ?? settings.address?.value,
    apiKey: settings.key === undefined ? undefined : Redacted.value(settings.key.value),
    organizationId: where.organizationId ?? settings.orgId?.value,
    timeout: settings.timeout === undefined ? undefined : settings.timeout * 1000,
    allowInsecure: settings.allowHttp,
    trace: settings.debug ? (await import("./requestLog.ts")).requestLog(out) : undefined
  })
}
