/**
 * Entries that stand on another entry: its one file is imported and not copied into theirs.
 *
 * In the sources a file imports the module that it needs, so that imports only go down. Where that module's exports are
 * public by the entry below, a bundle takes them from there.
 */
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type { Plugin } from "esbuild"

const src = new URL("../src/", import.meta.url).pathname

interface Standing {
  /** The room whose files stand on the entry. */
  readonly room: string
  /** The entry below, in `src`. */
  readonly on: string
  /** Its file, as an entry of that room imports it. */
  readonly file: string
}

/** The values that an entry re-exports, by the module that they come from. */
const exportsOf = (entry: string): ReadonlyMap<string, string> => {
  const path = `${src}${entry}`
  const found = readFileSync(path, "utf8").matchAll(/^export \{([^}]+)\} from "(\.[^"]+)"/gm)
  return new Map(Array.from(found, ([, names = "", module = ""]) => [resolve(dirname(path), module), names]))
}

/** A name that the entry does not export is an error of the build, as in any module. */
export const standing = ({ room, on, file }: Standing): Plugin => ({
  name: `${room} on ${on}`,
  setup(builder) {
    const modules = exportsOf(on)
    const namespace = `exports of ${on}`
    builder.onResolve({ filter: /^\..*\.ts$/ }, ({ path, importer }) => {
      const module = resolve(dirname(importer), path)
      return importer.startsWith(`${src}${room}/`) && modules.has(module) ? { path: module, namespace } : undefined
    })
    builder.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `export {${modules.get(path) ?? ""}} from "${file}"`
    }))
    builder.onResolve({ filter: /./, namespace }, () => ({ path: file, external: true }))
  }
})
