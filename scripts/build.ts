/**
 * Builds every published package into its `dist`, each after those that it is built upon; then what a package can only
 * build once the others are there.
 */
import { execFileSync } from "node:child_process"
import { published, type Package } from "./packages.ts"

const run = ({ folder, manifest, name }: Package, script: "build" | "build:last") => {
  const command = manifest.scripts?.[script]
  if (command === undefined) return
  const begin = performance.now()
  execFileSync(command, { cwd: folder, shell: true, stdio: "inherit" })
  console.log(`${name} ${script} ${((performance.now() - begin) / 1000).toFixed(1)} s`)
}

for (const each of published) run(each, "build")
for (const each of published) run(each, "build:last")
