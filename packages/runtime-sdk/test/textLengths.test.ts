/** Lengths count characters as JSON Schema does: code points, not the code units of JavaScript. */
import { specOf } from "../src/contract/table.ts"
import { contract } from "../src/contract.ts"
import { assert, it } from "vitest"
import { AywaRuntimeClient, InvalidRequest } from "../src/index.ts"
import { assistant, json, serve, tagOf } from "./support/server.ts"

it("a name of 40 emoji is sent, one of 41 is not; the document says the same bound", async () => {
  await using server = await serve((_, response) => json(response, 201, assistant("a")))
  await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
  for (const name of ["😀".repeat(21), "😀".repeat(40), "x".repeat(40), "\ud800".repeat(40)]) {
    await aywa.assistants.create({ name })
  }
  for (const name of ["😀".repeat(41), "x".repeat(41)]) {
    const error = await tagOf(aywa.assistants.create({ name }))
    assert.instanceOf(error, InvalidRequest)
    assert.match(error.message, /name: Expected a value with a length of at most 40/)
  }
  assert.lengthOf(server.seen, 4)
  assert.isDefined(specOf(contract.assistants.create).body)
})
