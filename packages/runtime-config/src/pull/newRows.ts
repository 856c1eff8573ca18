/**
 * Rows of the runtime that no file has.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import type { Config, ConfigRow } from "../folder/Config.ts"
import type { Remote } from "../remote/readRemote.ts"
import { freeSlug, kindOf, slugOf } from "../rows/kinds.ts"

/** Rows that no file has, each with an address that is free. */
export const newRows = (config: Config, remote: Remote) => {
  const known = new Set(Object.values(config.state.ids))
  const taken = new Set(config.rows.map(({ address }) => address))
  const rows: Array<{ row: ConfigRow; id: string }> = []
  const problems: Array<Problem> = []
  for (const kind of config.include) {
    const { folder, nameOf, label } = kindOf(kind)
    const unknown = [...(remote.rows.get(kind)?.values() ?? [])].filter(({ id }) => !known.has(id))
    // The oldest first, so that it gets the plain slug whenever this runs.
    for (const { id, row } of unknown.toReversed()) {
      const name = nameOf(row)
      const twin = config.rows.find(
        (each) =>
          each.kind === kind &&
          name !== undefined &&
          nameOf(each.row) === name &&
          !Object.hasOwn(config.state.ids, each.address)
      )
      if (twin !== undefined) {
        const detail = `The runtime has a ${label} ${name} that may be this one. If it is: config adopt ${twin.address} ${id}.`
        problems.push({ file: twin.address, detail })
        continue
      }
      const isTaken = (slug: string) =>
        taken.has(`${folder}/${slug}`) || Object.hasOwn(config.state.ids, `${folder}/${slug}`)
      const slug = freeSlug(slugOf(kind === "webhookEndpoints" ? urlName(row) : name, kindOf(kind)), isTaken)
      const address = `${folder}/${slug}`
      taken.add(address)
      rows.push({ id, row: { address, kind, slug, file: "", written: {}, row: {}, given: new Map() } })
    }
  }
  return { rows, problems }
}

const urlName = ({ url }: JsonObject): string => String(url).replace(/^https?:\/\//, "")
