/**
 * The floors of the packages, as ARCHITECTURE.md draws them: a room (a folder below `src`) imports only from rooms on
 * floors below its own. The lint zones are written from the same picture, and a test holds both against the imports.
 *
 *   node scripts/floors.ts --write    writes the zones into .oxlintrc.json
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { root } from "./packages.ts"

/** One package's picture. */
export interface Building {
  /** Such as `packages/runtime-sdk/src`. */
  readonly src: string
  /** From the top down; rooms on one floor do not know each other. */
  readonly floors: ReadonlyArray<ReadonlyArray<string>>
  /** Imports that go elsewhere, each with its reason in the text: `from -> to`, as paths below `src`. */
  readonly exceptions: ReadonlyArray<{ readonly from: string; readonly to: string }>
}

/** One import between two rooms. */
export interface Arrow {
  /** The importing file, below `src`. */
  readonly file: string
  readonly from: string
  readonly to: string
  /** The imported file, below `src`. */
  readonly target: string
}

/** Files that stand in `src` itself. */
const entries = "entries"

/** Reads the pictures: fenced blocks whose first line is `floors of <src>`. */
export const readBuildings = (): ReadonlyArray<Building> =>
  [...readFileSync(join(root, "ARCHITECTURE.md"), "utf8").matchAll(/```txt\nfloors of (\S+)\n([\s\S]*?)```/g)].map(
    ([, src = "", text = ""]) => {
      const lines = text.split("\n").filter((line) => line.trim() !== "")
      const names = (line: string) => (line.split("|")[0] ?? "").trim().split(/\s+/)
      return {
        src,
        floors: lines.filter((line) => !line.startsWith("except ")).map(names),
        exceptions: lines.flatMap((line) => {
          const [, from = "", to = ""] = /^except (\S+) -> (\S+)/.exec(line) ?? []
          return from === "" ? [] : [{ from, to }]
        })
      }
    }
  )

const specifier = /(?:^|\n)(?:import|export)\b[^"'`;]*?from\s*"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)|^import "(\.[^"]+)"/gm

/** Every import from one room into another. */
export const arrowsOf = (src: string): ReadonlyArray<Arrow> => {
  const room = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? entries) : entries)
  return globSync("**/*.ts", { cwd: join(root, src) }).flatMap((file) =>
    [...readFileSync(join(root, src, file), "utf8").matchAll(specifier)].flatMap(([, from, dynamic, bare]) => {
      const target = relative(join(root, src), resolve(root, src, dirname(file), from ?? dynamic ?? bare ?? ""))
      return room(target) === room(file) ? [] : [{ file, from: room(file), to: room(target), target }]
    })
  )
}

const below = ({ floors }: Building, room: string): ReadonlyArray<string> =>
  floors.slice(floors.findIndex((rooms) => rooms.includes(room)) + 1).flat()

/** The imports that the picture does not allow. */
export const strayArrows = (building: Building): ReadonlyArray<Arrow> =>
  arrowsOf(building.src).filter(
    ({ file, from, to, target }) =>
      !below(building, from).includes(to) &&
      !building.exceptions.some(
        (allowed) => (file === allowed.from || file.startsWith(`${allowed.from}/`)) && target.startsWith(allowed.to)
      )
  )

/** The lint zones of a picture: one per room, and one per file with an exception. */
export const zonesOf = (building: Building): ReadonlyArray<object> => {
  const { src, floors, exceptions } = building
  const rooms = floors.flat()
  /** Imports climb one step for each folder between the file and `src`. */
  const zone = (files: string, depth: number, forbidden: ReadonlyArray<string>) => ({
    files: [files],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./){${depth}}(${forbidden.map((room) => (room === entries ? "[\\w-]+\\.ts" : `${room}/`)).join("|")})`,
              message: `This room imports only from rooms below it: ARCHITECTURE.md, floors of ${src}.`
            }
          ]
        }
      ]
    }
  })
  const zones = (path: string, depth: number, forbidden: ReadonlyArray<string>) =>
    path.endsWith(".ts")
      ? [zone(`${src}/${path}`, depth, forbidden)]
      : [zone(`${src}/${path}/*`, depth, forbidden), zone(`${src}/${path}/*/**`, depth + 1, forbidden)]
  return rooms
    .filter((room) => room !== entries)
    .flatMap((room) => {
      const allowed = [room, ...below(building, room)]
      const forbidden = rooms.filter((other) => !allowed.includes(other))
      return [
        ...zones(room, 1, forbidden),
        ...exceptions
          .filter(({ from }) => from.startsWith(`${room}/`))
          .flatMap(({ from, to }) => {
            const opened = to.includes("/") ? (to.split("/")[0] ?? "") : to.endsWith(".ts") ? entries : to
            const depth = from.split("/").length - (from.endsWith(".ts") ? 1 : 0)
            return zones(
              from,
              depth,
              forbidden.filter((other) => other !== opened)
            )
          })
      ]
    })
}

const config = join(root, ".oxlintrc.json")

/** The lint configuration with the zones of all pictures. */
export const withZones = (): string => {
  const { overrides, ...rest } = JSON.parse(readFileSync(config, "utf8"))
  const others = overrides.filter(({ rules }: { readonly rules: object }) => !("no-restricted-imports" in rules))
  return `${JSON.stringify({ ...rest, overrides: [...others, ...readBuildings().flatMap(zonesOf)] }, null, 2)}\n`
}

if (import.meta.main) {
  if (process.argv.includes("--write")) writeFileSync(config, withZones())
  for (const building of readBuildings()) {
    for (const { file, target } of strayArrows(building)) console.log(`${building.src}/${file} imports ${target}`)
  }
}
