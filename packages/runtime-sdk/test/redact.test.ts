import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import { redactor } from "../src/call/redact.ts"

describe("redactor", () => {
  const body = JSON.stringify({ name: "Desk", authToken: "hunter2-token", nested: { apiKey: "deep-secret" } })

  it("takes key, secrets of the body and values of extra headers out of a text, and leaves the rest", () => {
    const redact = redactor(Redacted.make("sk_live_1"), body, () => ["x-tenant", "tenant-secret-1", "x-short", "abc"])
    expect(redact("Desk sk_live_1 hunter2-token, deep-secret; tenant-secret-1 abc sk_live_1")).toBe(
      "Desk <redacted> <redacted>, <redacted>; <redacted> abc <redacted>"
    )
  })

  it("knows the secrets that source accounts have, and one that is a part of another", () => {
    const secrets = {
      openAIKey: "open-ai-1",
      gcpKey: { private_key: "pem-1" },
      awsSecretAccessKey: "aws-1",
      key: "named"
    }
    const redact = redactor(Redacted.make("sk_live"), JSON.stringify(secrets), () => ["x-a", "sk_live-and-more"])
    expect(redact("open-ai-1 pem-1 aws-1 named sk_live-and-more sk_live")).toBe(
      "<redacted> <redacted> <redacted> named <redacted> <redacted>"
    )
  })

  it("looks for the secrets once, and only when it is called", () => {
    let looked = 0
    const redact = redactor(Redacted.make("sk_live_1"), body, () => {
      looked++
      return []
    })
    expect(looked).toBe(0)
    for (let n = 0; n < 1000; n++) redact(`issue ${n}`)
    expect(looked).toBe(1)
  })
})
