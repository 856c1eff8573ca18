/** What of a row is its platform's, and what is secret: whoever moves rows leaves both behind. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { encodeBody } from "../src/call/encode.ts"
import {
  isSecretField,
  ownedFields,
  type ReferringKind,
  secretsNeeded,
  withoutOwnedFields,
  withoutSecrets,
  writeOnlyFields
} from "../src/contract.ts"

describe("fields that a platform owns", () => {
  it("are left out of a row", () => {
    const row = { id: "a1", orgId: "o1", createdAt: "t", updatedAt: "t", latestVersion: "v2", name: "Support" }
    assert.deepStrictEqual(withoutOwnedFields("assistants", row), { name: "Support" })
  })

  it("workflowIds are the client's on structured outputs only", () => {
    assert.deepStrictEqual(withoutOwnedFields("structuredOutputs", { workflowIds: ["w1"] }), { workflowIds: ["w1"] })
    assert.deepStrictEqual(withoutOwnedFields("assistants", { workflowIds: ["w1"] }), {})
  })
})

describe("a row that was read and is written back", () => {
  it("goes without every field that its platform owns", () => {
    const row = { ...Object.fromEntries([...ownedFields].map((name) => [name, "x"])), name: "Support" }
    assert.strictEqual(encodeBody(row, new Set()), '{"name":"Support"}')
  })
})

describe("secrets that a row needs", () => {
  it.each<[string, ReferringKind, Record<string, unknown>, ReadonlyArray<string>]>([
    ["a model provider", "credentials", { provider: "openai" }, ["apiKey"]],
    ["Vonage", "credentials", { provider: "vonage" }, ["apiKey", "apiSecret"]],
    ["Google Cloud", "credentials", { provider: "gcp" }, ["gcpKey"]],
    ["Twilio with a token", "credentials", { provider: "twilio", accountSid: "AC1" }, ["authToken"]],
    ["Twilio with a key", "credentials", { provider: "twilio", apiKey: "k" }, []],
    [
      "a bearer plan",
      "credentials",
      { provider: "webhook", authenticationPlan: { type: "bearer" } },
      ["authenticationPlan.token"]
    ],
    [
      "a SIP trunk that signs in",
      "credentials",
      { outboundAuthenticationPlan: { authUsername: "u" } },
      ["outboundAuthenticationPlan.authPassword"]
    ],
    ["a Twilio number", "phoneNumbers", { provider: "twilio" }, ["twilioAuthToken"]],
    ["a Twilio number with a key", "phoneNumbers", { provider: "twilio", twilioApiKey: "k" }, []],
    [
      "a Twilio number whose server has a secret",
      "phoneNumbers",
      { provider: "twilio", isServerUrlSecretSet: true },
      ["serverUrlSecret", "twilioAuthToken"]
    ],
    ["an assistant whose server has a secret", "assistants", { isServerUrlSecretSet: true }, ["serverUrlSecret"]],
    ["any other row", "tools", { type: "function" }, []]
  ])("%s", (_, kind, row, places) => {
    assert.deepStrictEqual(secretsNeeded(kind, row), places)
  })
})

describe("secrets that a row has", () => {
  it("are taken out, and their places named", () => {
    const row = {
      name: "Support",
      serverUrlSecret: "s1",
      server: { url: "https://a.example", secret: "s2" },
      model: { tools: [{ parameters: { token: "data" } }] },
      credentials: [{ provider: "openai", apiKey: "s3" }],
      twilioAuthToken: null
    }
    assert.deepStrictEqual(withoutSecrets("assistants", row), {
      row: {
        name: "Support",
        server: { url: "https://a.example" },
        model: { tools: [{ parameters: { token: "data" } }] },
        credentials: [{ provider: "openai" }]
      },
      removed: ["serverUrlSecret", "server.secret", "credentials[0].apiKey"]
    })
  })

  it("a row without secrets is the very row", () => {
    const row = { name: "Support", model: { messages: [{ role: "system", content: "Hi" }] } }
    assert.strictEqual(withoutSecrets("assistants", row).row, row)
  })

  it("none is left in a credential, however deep", () => {
    const names = ["apiKey", "authToken", "token", "clientSecret", "name", "provider", "plan", "items"]
    const field = fc.constantFrom(...names)
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.dictionary(field, tie("value"), { maxKeys: 4 }),
        fc.array(tie("value"), { maxLength: 3 })
      )
    }))
    const fieldsOf = (one: unknown): ReadonlyArray<string> =>
      typeof one !== "object" || one === null
        ? []
        : Object.entries(one).flatMap(([name, item]) => [...(Array.isArray(one) ? [] : [name]), ...fieldsOf(item)])
    fc.assert(
      fc.property(fc.dictionary(field, value), (credential) => {
        assert.deepStrictEqual(fieldsOf(withoutSecrets("credentials", credential).row).filter(isSecretField), [])
      })
    )
  })
})

it("no field is both the platform's and a client's secret", () => {
  assert.deepStrictEqual(
    Object.values(writeOnlyFields)
      .flat()
      .filter((name) => ownedFields.has(name)),
    []
  )
})
