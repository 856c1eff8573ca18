/**
 * What everything that happens in a call works with. Each happening (in `record`, `speech`, `handOff`, `finish`) is a
 * change of the run, the call's row, the timeline and the outbox, inside one transaction that the caller opens.
 */
import type { Outbox } from "../outbox/outbox.ts"
import type { Store } from "../store/Store.ts"
import type { Links } from "./links.ts"
import type { Runs } from "./runs.ts"

/** The stage of a runtime's calls. */
export interface Stage {
  readonly store: Store
  readonly runs: Runs
  readonly outbox: Outbox
  readonly links: Links
  readonly now: () => number
}
