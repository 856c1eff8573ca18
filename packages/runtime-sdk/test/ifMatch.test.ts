/** `ifMatch`: a write of the version that was read, or none. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient, ConflictError, InvalidRequest } from "../src/index.ts"

let runtime: LocalRuntimeHandle
let aywa: AywaRuntimeClient
beforeAll(async () => {
  runtime = await startLocalRuntime()
  aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
})
afterAll(() => runtime.close())

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => assert.fail("it was sent"),
    (error: unknown) => error
  )

describe("the option ifMatch", () => {
  it("lets the version through that was read, and no later one", async () => {
    const { id } = await aywa.assistants.create({ name: "Desk" })
    const { response } = await aywa.assistants.get(id).withResponse()
    const ifMatch = response.headers["etag"]
    assert.strictEqual((await aywa.assistants.update(id, { name: "Front desk" }, { ifMatch })).name, "Front desk")
    const error = await failure(aywa.assistants.update(id, { name: "Back desk" }, { ifMatch }))
    assert.instanceOf(error, ConflictError)
    assert.deepInclude(error, { code: "precondition_failed", outcome: "rejected", status: 412 })
    assert.strictEqual((await aywa.assistants.get(id)).name, "Front desk")
    assert.instanceOf(await failure(aywa.assistants.delete(id, { ifMatch })), ConflictError)
    await aywa.assistants.delete(id, { ifMatch: "*" })
  })

  it("wins over a header of the same name", async () => {
    const { id } = await aywa.assistants.create({ name: "Desk" })
    const options = { ifMatch: '"1"', headers: { "If-Match": '"7"' } }
    assert.strictEqual((await aywa.assistants.update(id, { name: "Front desk" }, options)).name, "Front desk")
  })

  for (const ifMatch of ["1", "", '"1', "W/1", '"a"b"', '"1"\r\nx: y', null, 7]) {
    it(`refuses ${JSON.stringify(ifMatch)}, which is no ETag, before anything is sent`, async () => {
      const wrong = { ifMatch } as { readonly ifMatch: string } // What a type would have refused.
      const error = await failure(aywa.assistants.update("a", { name: "Desk" }, wrong))
      assert.instanceOf(error, InvalidRequest)
      assert.strictEqual(error.outcome, "not-sent")
      assert.deepEqual(error.issues[0]?.path, ["ifMatch"])
    })
  }
})
