/**
 * `completions`: the script that makes a shell complete commands, flags and words of this command line.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import { leaf } from "../cli/define.ts"
import { globalFlags } from "../cli/globals.ts"

/** The command; `root` gives the tree that is completed. */
export const completions = (root: () => Command.Command.Any | undefined) =>
  leaf({
    name: "completions",
    description: "Print the completion script of a shell.",
    examples: [
      ["completions bash > ~/.local/share/bash-completion/completions/aywa-runtime", "Install it for bash"],
      ['completions zsh > "${fpath[1]}/_aywa-runtime"', "Install it for zsh"],
      ["completions fish > ~/.config/fish/completions/aywa-runtime.fish", "Install it for fish"],
      ["completions powershell >> $PROFILE", "Install it for PowerShell"]
    ],
    config: {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]).pipe(
        Argument.withDescription("bash, zsh, fish or powershell")
      )
    },
    run: async ({ shell }, { out }) => {
      const tree = root()
      if (tree === undefined) throw new TypeError("The tree of commands is built before a command runs")
      const script = Completions.generate("aywa-runtime", shell, complete(Completions.fromCommand(tree)))
      // The flag of effect/cli that its instructions name is this command here.
      out.raw(script.replace("aywa-runtime --completions", "aywa-runtime completions"))
    }
  })

const globals = () =>
  Completions.fromCommand(Command.make("globals", Object.fromEntries(globalFlags.map(({ id, flag }) => [id, flag]))))
    .flags

/** What takes a file or a folder: effect/cli's own path flags would make every path absolute. */
const paths: ReadonlySet<string> = new Set([
  "accept",
  "baseline",
  "bundle",
  "client-dir",
  "config",
  "config-dir",
  "db",
  "dir",
  "env",
  "env-file",
  "file",
  "from-gitops",
  "mapping",
  "out",
  "output",
  "profile",
  "replies",
  "save",
  "scenario",
  "schema",
  "script",
  "secrets",
  "seed",
  "table",
  "toolkit",
  "write-env"
])

const withPath = <A extends Completions.FlagDescriptor | Completions.ArgumentDescriptor>(descriptor: A): A =>
  paths.has(descriptor.name) && descriptor.type._tag === "String"
    ? { ...descriptor, type: { _tag: "Path", pathType: "either" } }
    : descriptor

/** Adds the global flags to every command, because effect/cli completes them nowhere, and says what is a path. */
const complete = (
  descriptor: Completions.CommandDescriptor,
  flags: ReadonlyArray<Completions.FlagDescriptor> = globals()
): Completions.CommandDescriptor => ({
  ...descriptor,
  flags: [...descriptor.flags, ...flags].map(withPath),
  arguments: descriptor.arguments.map(withPath),
  subcommands: descriptor.subcommands.map((command) => complete(command, flags))
})
