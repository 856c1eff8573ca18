import { createConfig, lintFromString } from "@redocly/openapi-core"
import { describe, expect, it } from "vitest"
import { contract, type Group, openApi, specOf } from "../src/contract.ts"

const groups: Readonly<Record<string, Group>> = contract

describe("the OpenAPI document", () => {
  it("passes a real linter", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] })
    const problems = await lintFromString({ source: JSON.stringify(openApi(contract)), config })
    expect(problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer }))).toEqual([])
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
    expect(missing).toEqual([])
  })

  it("says both where two operations share a route", () => {
    const { paths } = openApi(contract)
    const call = JSON.stringify(paths["/call"]?.["post"])
    for (const name of ["CreateCall", "CreateBatchCall", "CallCreateBatchResult", "Call"]) {
      expect(call).toContain(`"$ref":"#/components/schemas/${name}"`)
    }
    expect(JSON.stringify(paths["/metrics"]?.["get"])).toContain('"text/plain":{"schema"')
  })

  it("knows forms and content", () => {
    const { paths } = openApi(contract)
    expect(paths["/file"]?.["post"]).toMatchObject({
      requestBody: {
        content: {
          "multipart/form-data": { schema: { required: ["file"], properties: { metadata: { type: "string" } } } }
        }
      }
    })
    expect(JSON.stringify(paths["/file/{id}/content"]?.["get"])).toContain('"application/octet-stream":{}')
  })

  it("carries words about operations when it is given some", () => {
    const document = openApi(contract, { baseUrl: "https://runtime.example", describe: (name) => `About ${name}.` })
    expect(document.paths["/assistant"]?.["post"]?.["description"]).toBe("About assistants.create.")
    expect(document.servers[0]).toMatchObject({ url: "https://runtime.example" })
  })
})
