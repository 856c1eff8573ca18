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
      ["completions fish > ~/.config/fish/completions/aywa-runtime.fish", "Install it for fish"]
    ],
    config: {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription("bash, zsh or fish"))
    },
    run: async ({ shell }, { out }) => {
      const tree = root()
      if (tree === undefined) throw new TypeError("The tree of commands is built before a command runs")
      out.raw(Completions.generate("aywa-runtime", shell, withGlobals(Completions.fromCommand(tree))))
    }
  })

const globals = () =>
  Completions.fromCommand(Command.make("globals", Object.fromEntries(globalFlags.map(({ id, flag }) => [id, flag]))))
    .flags

/** effect/cli completes global flags nowhere; here they are flags of every command. */
const withGlobals = (
  descriptor: Completions.CommandDescriptor,
  flags: ReadonlyArray<Completions.FlagDescriptor> = globals()
): Completions.CommandDescriptor => ({
  ...descriptor,
  flags: [...descriptor.flags, ...flags],
  subcommands: descriptor.subcommands.map((command) => withGlobals(command, flags))
})
