import { execFileSync } from "node:child_process"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { certificate, proxy } from "./proxy.ts"
import { run, startRuntime } from "./support.ts"

const hasOpenssl = (): boolean => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const openssl = hasOpenssl()
if (!openssl && process.env["AYWA_REQUIRE_SERVICES"] !== "1")
  console.log("skipped: openssl is not there to make certificates")

const check = async (made: ReturnType<typeof certificate>, trusted: boolean, base?: (url: string) => string) => {
  const { runtime, env } = await startRuntime()
  const url = await proxy(runtime.baseUrl, { tls: made.tls })
  const { json, stderr } = await run(["doctor", "--only", "net.tls,runtime.health"], {
    env: {
      ...env,
      AYWA_RUNTIME_BASE_URL: base?.(url) ?? url,
      ...(trusted ? { NODE_EXTRA_CA_CERTS: made.authority } : {})
    }
  })
  assert.strictEqual(stderr, "")
  const find = (id: string) => json.findings.find((finding: { id: string }) => finding.id === id)
  return { tls: find("net.tls"), health: find("runtime.health"), requests: runtime.requests().length }
}

describe.skipIf(!openssl && process.env["AYWA_REQUIRE_SERVICES"] !== "1")("net.tls, against a real TLS server", () => {
  it("passes a certificate of a trusted authority, and goes on over it", async () => {
    const { tls, health } = await check(certificate({ days: 90 }), true)
    assertMatches(tls, { status: "ok", detail: /^TLSv1\.3, valid for (89|90) more days/ })
    assert.strictEqual(health.status, "ok")
  })

  it("warns when it ends within three weeks", async () => {
    const { tls } = await check(certificate({ days: 10 }), true)
    assertMatches(tls, { status: "warn", detail: /fewer than 21/ })
  })

  it("fails one that nobody trusts, one that has ended, and one of another name; nothing is sent then", async () => {
    const unknown = await check(certificate({ days: 90 }), false)
    assertMatches(unknown.tls, { status: "fail", fix: /NODE_EXTRA_CA_CERTS/ })
    const ended = await check(certificate({ days: -10 }), true)
    assertMatches(ended.tls, { status: "fail", detail: /CERT_HAS_EXPIRED/ })
    const other = await check(certificate({ days: 90, name: "other.example" }), true)
    assertMatches(other.tls, { status: "fail", detail: /ALTNAME/ })
    for (const { health, requests } of [unknown, ended, other]) {
      assert.deepStrictEqual([health.status, health.detail, requests], ["skip", "because net.tls failed", 0])
    }
  })

  it("says so when a port does not speak TLS", async () => {
    const { runtime, env } = await startRuntime()
    const { json } = await run(["doctor", "--only", "net.tls"], {
      env: { ...env, AYWA_RUNTIME_BASE_URL: runtime.baseUrl.replace("http:", "https:") }
    })
    assertMatches(json.findings.at(-1), {
      id: "net.tls",
      status: "fail",
      detail: /no TLS/
    })
  })
})
