import { createConfig, lintFromString } from "@redocly/openapi-core"
import { assert, describe, it } from "vitest"
import { contract, type Group, openApi, specOf } from "../src/contract.ts"
import { assertMatches } from "./support/assertions.ts"

const groups: Readonly<Record<string, Group>> = contract

describe("the OpenAPI document", () => {
  it("passes a real linter", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] })
    const problems = await lintFromString({ source: JSON.stringify(openApi(contract)), config })
    assert.deepStrictEqual(
      problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer })),
      []
    )
  })

  it("has every operation of the table", () => {
    const document = openApi(contract)
    const missing = Object.entries(groups).flatMap(([resource, group]) =>
      Object.entries(group)
        .filter(([, operation]) => {
          const { method, path } = specOf(operation)
          return document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()] === undefined
        })
        .map(([name]) => `${resource}.${name}`)
    )
    assert.deepStrictEqual(missing, [])
  })

  it("says both where two operations share a route", () => {
    const { paths } = openApi(contract)
    const call = JSON.stringify(paths["/call"]?.["post"])
    for (const name of ["CreateCall", "CreateBatchCall", "CallCreateBatchResult", "Call"]) {
      assert.include(call, `"$ref":"#/components/schemas/${name}"`)
    }
    assert.include(JSON.stringify(paths["/metrics"]?.["get"]), '"text/plain":{"schema"')
  })

  it("knows forms and content", () => {
    const { paths } = openApi(contract)
    assertMatches(paths["/file"]?.["post"], {
      requestBody: {
        content: {
          "multipart/form-data": { schema: { required: ["file"], properties: { metadata: { type: "string" } } } }
        }
      }
    })
    assert.include(JSON.stringify(paths["/file/{id}/content"]?.["get"]), '"application/octet-stream":{}')
  })

  it("carries words about operations when it is given some", () => {
    const document = openApi(contract, { baseUrl: "https://runtime.example", describe: (name) => `About ${name}.` })
    assert.strictEqual(document.paths["/assistant"]?.["post"]?.["description"], "About assistants.create.")
    assertMatches(document.servers[0], { url: "https://runtime.example" })
  })
})
