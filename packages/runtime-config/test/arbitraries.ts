/** Rows of assistants as fast-check makes them: what a runtime takes, with texts of any kind. */
import * as fc from "fast-check"
import type { JsonObject } from "@aywa-ai/runtime-sdk"

/** Any text, and more of the kinds that YAML has trouble with. Placeholders are another test's. */
export const texts = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc
      .array(fc.constantFrom("a", " ", "\n", "#", ": ", "- ", "'", '"', "---", "\t", "|", "{{x}}", "é"), {
        maxLength: 12
      })
      .map((parts) => parts.join("")),
    fc.constantFrom(
      "",
      "yes",
      "null",
      "~",
      "1e3",
      "0x1f",
      "2026-01-01",
      "---\n",
      "...",
      "a\n\n\n",
      " lead",
      "trail ",
      "a\r\nb"
    )
  )
  .filter((text) => !text.includes("${"))

// Names that mean something elsewhere (secrets, references, placeholders) are other tests'.
const keys = fc
  .string({ unit: "grapheme-ascii", minLength: 1, maxLength: 8 })
  .filter((key) => !/secret|key|token|auth|credential|server|^__proto__$|\$\{/i.test(key))

const values: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    texts,
    fc.integer(),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(keys, tie("value"), { maxKeys: 3, noNullPrototype: true })
  )
})).value

const prompts = fc.array(texts, { maxLength: 6 }).map((lines) => lines.join("\n"))

/** A row that a create takes. */
export const rows: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      name: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 }).filter((text) => !text.includes("${")),
      firstMessage: texts,
      endCallMessage: texts,
      maxDurationSeconds: fc.integer({ min: 10, max: 1000 }),
      model: fc.record(
        {
          provider: fc.constant("openai"),
          model: fc.constantFrom("gpt-4o", "gpt-5"),
          messages: fc.oneof(
            { weight: 4, arbitrary: prompts.map((content) => [{ role: "system", content }]) },
            {
              weight: 1,
              arbitrary: fc.array(
                prompts.map((content) => ({ role: "user", content })),
                { maxLength: 3 }
              )
            }
          ),
          temperature: fc.constantFrom(0, 0.5, 1)
        },
        { requiredKeys: ["provider", "model"], noNullPrototype: true }
      ),
      metadata: fc.dictionary(keys, values, { maxKeys: 4, noNullPrototype: true })
    },
    { requiredKeys: [], noNullPrototype: true }
  )
  .map((row): JsonObject => row)
