/**
 * A runtime, or a gateway before it, that repeats what it was sent: in each place of an answer and in every form. None
 * of it is seen again, whoever looks.
 */
import { assert, describe, it } from "vitest"
import { makeCanary, shownIn } from "./canaries.ts"
import { serveEcho } from "./echo.ts"
import { faces, type Options } from "./faces.ts"
import { places } from "./places.ts"
import { runs } from "../support/runs.ts"

/** All four ways to give a key for one face; for the others each kind and each shape once. */
const keysOf = (face: number) =>
  (["fixed", "asked"] as const).flatMap((kind) =>
    (["token", "symbols"] as const)
      .filter((shape) => face === 0 || (kind === "fixed") === (shape === "token"))
      .map((shape) => ({ kind, shape }))
  )

/** All places for the first face; a third of them, by turns, for each of the others. CI looks at all for all. */
const placesOf = (face: number) =>
  face === 0 || runs(1) > 1 ? places : places.filter((_, place) => (place + face) % 3 === 0)

for (const [index, face] of faces.entries()) {
  describe(`${face.name} shows nothing of what was sent`, () => {
    for (const { kind, shape } of keysOf(index)) {
      it(`a key that is ${kind}, and secret headers; ${shape}`, async () => {
        const leaks: Array<string> = []
        let redactions = 0
        for (const place of placesOf(index)) {
          for (const operation of place.operations) {
            const key = makeCanary(shape)
            const clientHeader = makeCanary(shape)
            const callHeader = makeCanary(shape)
            const keys = [key]
            await using server = await serveEcho(place, () => [...keys, clientHeader, callHeader])
            const options: Options = {
              baseUrl: server.baseUrl,
              key: key.text,
              kind,
              nextKey: () => {
                const next = makeCanary(shape)
                keys.push(next)
                return next.text
              },
              headers: { "x-gateway-token": clientHeader.text }
            }
            const retries = place.retried === true ? 1 : 0
            const shown = await face.call(options, operation, { "x-signed-by": callHeader.text }, retries)
            assert.strictEqual(server.repeated.length, kind === "asked" ? 3 + retries : 3, `${place.name} ${operation}`)
            for (const [where, text] of Object.entries(shown)) {
              redactions += text.split("<redacted>").length - 1
              // The headers of an answer are for its caller, who may look for what he sent: only keys are taken out.
              const secrets = where === "response" ? keys : [...keys, clientHeader, callHeader]
              const leak = shownIn(text, secrets)[0]
              if (leak !== undefined) leaks.push(`${place.name}, ${operation}: ${where} has ${leak}`)
            }
          }
        }
        assert.deepStrictEqual(leaks.slice(0, 40), [], `${leaks.length} leaks`)
        assert.isAbove(redactions, 40 * placesOf(index).length, "the answers were not seen")
      }, 120_000)
    }
  })
}
