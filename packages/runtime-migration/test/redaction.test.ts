/** A source, or a gateway before it, that repeats the key that it was sent. */
import { inspect } from "node:util"
import { assert, it } from "vitest"
import { makeCanary, shownIn } from "../../runtime-sdk/test/redaction/canaries.ts"
import { serveEcho } from "../../runtime-sdk/test/redaction/echo.ts"
import { places } from "../../runtime-sdk/test/redaction/places.ts"
import { fetchBundle, isMigrationError } from "../src/index.ts"

// It waits between its attempts: begun here, it is done when the other tests are.
const bundles = Promise.all(
  places
    .filter(({ name }) => ["status line that is none", "200 with text", "body that is cut"].includes(name))
    .map(async (place) => {
      const key = makeCanary("symbols")
      await using server = await serveEcho(place, () => [key])
      const error: unknown = await fetchBundle({
        baseUrl: server.baseUrl,
        apiKey: key.text,
        kinds: ["assistants"],
        requestsPerSecond: 1000
      }).catch((error: unknown) => error)
      return { key, error, repeated: server.repeated.length }
    })
)

it("a bundle that cannot be fetched shows nothing of the key of the source account", async () => {
  const results = await bundles
  assert.strictEqual(results.length, 3)
  for (const { key, error, repeated } of results) {
    assert(isMigrationError(error) && error.reason._tag === "SourceFailed")
    assert.isDefined(error.cause)
    assert.strictEqual(repeated, 1)
    assert.deepStrictEqual(shownIn(inspect(error, { depth: 20, showHidden: true }), [key]), [])
    assert.notInclude(inspect(error), key.text.slice(0, 8))
  }
}, 120_000)
