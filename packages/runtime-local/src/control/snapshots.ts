/**
 * `snapshot`, `restore` and `snapshots`.
 */
import * as Schema from "effect/Schema"
import { HttpError } from "../http/errors.ts"
import type { SnapshotInfo, SnapshotOptions, Snapshots } from "../store/snapshots.ts"
import { type ControlRoutes, decode, orBadRequest } from "./route.ts"

/** What these routes work with. */
export interface SnapshotsContext {
  readonly snapshots: Pick<Snapshots, "take" | "list" | "remove">
  readonly restore: (place?: Pick<SnapshotOptions, "name" | "file">) => SnapshotInfo
  /** Whether whoever has the token may name files of this machine. */
  readonly allowFiles: boolean
}

const name = Schema.optional(Schema.String.check(Schema.isPattern(/^[\w.@:-]{1,100}$/)))
const file = Schema.optional(Schema.String.check(Schema.isMinLength(1)))

const SnapshotBody = Schema.Struct({ name, file, organization: Schema.optional(Schema.String) })
const RestoreBody = Schema.Struct({ name, file })

/** The routes. */
export const snapshotRoutes = ({ snapshots, restore, allowFiles }: SnapshotsContext): ControlRoutes => {
  const vetted = <A extends { readonly file?: string | undefined }>(options: A): A => {
    if (options.file === undefined || allowFiles) return options
    throw new HttpError(403, "Files of this machine are out of reach of an exposed runtime: give a name", {
      code: "files_refused"
    })
  }
  return {
    "POST snapshot": async ({ body }) => {
      const options = vetted(decode(SnapshotBody, (await body()) ?? {}))
      return orBadRequest(() => snapshots.take(options))
    },
    "POST restore": async ({ body }) => {
      const place = vetted(decode(RestoreBody, (await body()) ?? {}))
      return orBadRequest(() => restore(place))
    },
    "GET snapshots": () => ({ items: snapshots.list() }),
    "DELETE snapshots/:id": ({ id }) => {
      if (!snapshots.remove(id)) throw new HttpError(404, `There is no snapshot ${id}`)
      return { name: id }
    }
  }
}
