/** What may be called and what may not, in production mode; development's two doors; headers that a model chose. */
import * as dns from "node:dns"
import * as http from "node:http"
import { inspect } from "node:util"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { isOutboundRefused, OutboundPolicy, OutboundRefused } from "../../src/outbound.ts"
import { closedRange } from "../../src/outbound/addresses.ts"
import { serveDns } from "../support/dns.ts"

const never: OutboundPolicy.Resolve = () => assert.fail("nothing should be resolved here")

const refusal = async (url: string, options: OutboundPolicy.OutboundPolicyOptions = {}) => {
  try {
    await OutboundPolicy.check(url, { resolve: never, ...options })
  } catch (error) {
    if (isOutboundRefused(error)) return error.reason
    throw error
  }
  return undefined
}

describe("loopback", () => {
  it.each([
    "localhost",
    "LOCALHOST",
    "runtime.localhost",
    "127.0.0.1",
    "127.255.255.254",
    "0x7f.1",
    "127.1",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1"
  ])("%s is this machine", (host) => {
    assert.isTrue(OutboundPolicy.isLoopbackHost(host))
  })

  it.each([
    "",
    "localhost.attacker.example",
    "127.0.0.1.attacker.example",
    "attacker.example@localhost",
    "localhost/path",
    "localhost:80",
    "xlocalhost",
    "126.0.0.1",
    "128.0.0.1",
    "127.1.2.3.4",
    "127.0.0.999",
    "::",
    "::2",
    "::ffff:10.0.0.1",
    "127.0.0.1\n"
  ])("%j is not, for all that is known", (host) => {
    assert.isFalse(OutboundPolicy.isLoopbackHost(host))
  })
})

describe("refused in production mode", () => {
  it.each([
    ["no URL", "internal/path", "InvalidUrl"],
    ["an empty text", "", "InvalidUrl"],
    ["a file", "file:///etc/passwd", "Scheme"],
    ["another scheme", "gopher://203.1.1.1:70/_", "Scheme"],
    ["data", "data:text/plain,x", "Scheme"],
    ["a user", "https://me@93.184.215.14/", "Credentials"],
    ["a password", "https://me:secret@93.184.215.14/", "Credentials"],
    ["localhost", "http://localhost:3000/", "LocalName"],
    ["localhost with a dot", "http://LOCALHOST.:3000/", "LocalName"],
    ["a subdomain of localhost", "http://x.localhost/", "LocalName"],
    ["the metadata name", "http://metadata.google.internal/computeMetadata/v1/", "LocalName"],
    ["mDNS", "http://printer.local/", "LocalName"]
  ])("%s", async (_, url, tag) => {
    assert.strictEqual((await refusal(url))?._tag, tag)
  })

  it.each([
    ["loopback", "http://127.0.0.1:8080/"],
    ["all of loopback", "http://127.255.255.254/"],
    ["one number", "http://2130706433/"],
    ["octal", "http://0177.0.0.1/"],
    ["octal, short", "http://0177.1/"],
    ["hex", "http://0x7f.0x0.0x0.0x1/"],
    ["hex in one", "http://0x7f000001/"],
    ["mixed", "http://0x7f.1/"],
    ["full-width digits", "http://１２７.０.０.１/"],
    ["percent-encoded", "http://%31%32%37.0.0.1/"],
    ["this network", "http://0.0.0.0/"],
    ["zero", "http://0/"],
    ["private 10", "http://10.1.2.3/"],
    ["private 172", "http://172.31.255.255/"],
    ["private 192", "http://192.168.0.1/"],
    ["CGNAT", "http://100.127.255.255/"],
    ["metadata", "http://169.254.169.254/latest/meta-data/"],
    ["metadata of a cloud host", "http://168.63.129.16/machine?comp=goalstate"],
    ["metadata as a number", "http://2852039166/"],
    ["benchmarking", "http://198.19.0.1/"],
    ["documentation", "http://203.0.113.9/"],
    ["6to4 relay", "http://192.88.99.1/"],
    ["multicast", "http://239.1.1.1/"],
    ["reserved", "http://250.1.1.1/"],
    ["broadcast", "http://255.255.255.255/"],
    ["IPv6 loopback", "http://[::1]/"],
    ["IPv6 loopback, long", "http://[0:0:0:0:0:0:0:1]/"],
    ["IPv6 unspecified", "http://[::]/"],
    ["mapped", "http://[::ffff:127.0.0.1]/"],
    ["mapped in hex", "http://[::ffff:7f00:1]/"],
    ["mapped metadata", "http://[::ffff:a9fe:a9fe]/"],
    ["IPv4-compatible", "http://[::127.0.0.1]/"],
    ["translated", "http://[::ffff:0:127.0.0.1]/"],
    ["NAT64 of a private one", "http://[64:ff9b::10.0.0.1]/"],
    ["local NAT64", "http://[64:ff9b:1::8.8.8.8]/"],
    ["6to4 of a private one", "http://[2002:0a00:0001::1]/"],
    ["6to4 of a public one", "http://[2002:0808:0808::1]/"],
    ["Teredo", "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/"],
    ["unique local", "http://[fd12:3456:789a::1]/"],
    ["link-local", "http://[fe80::1]/"],
    ["site-local", "http://[fec0::1]/"],
    ["IPv6 multicast", "http://[ff02::1]/"],
    ["IPv6 documentation", "http://[2001:db8::1]/"],
    ["discard", "http://[100::1]/"],
    ["unassigned", "http://[4000::1]/"]
  ])("a closed address: %s", async (_, url) => {
    assert.strictEqual((await refusal(url))?._tag, "ClosedAddress")
  })

  it("public addresses pass, in either family", async () => {
    for (const host of ["93.184.215.14", "1.1.1.1", "[2606:4700:4700::1111]", "[64:ff9b::8.8.8.8]", "172.32.0.1"]) {
      const target = await OutboundPolicy.check(`https://${host}/hook?x=1`, { resolve: never })
      assert.strictEqual(target.port, 443, host)
      assert.strictEqual(target.addresses[0]?.address, target.host)
    }
  })

  it("every address of a name must be open, not one", async () => {
    const resolve = async () => ["93.184.215.14", "10.0.0.1"]
    assert.deepStrictEqual(await refusal("https://hooks.example/", { resolve }), {
      _tag: "ClosedAddress",
      host: "hooks.example",
      address: "10.0.0.1",
      range: "private"
    })
    const open = async () => ["93.184.215.14", "2606:4700:4700::1111"]
    assert.strictEqual(await refusal("https://hooks.example/", { resolve: open }), undefined)
  })

  it("names that do not resolve, and resolvers that do not answer", async () => {
    const nothing = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }))
    assert.deepInclude(await refusal("https://a.example/", { resolve: nothing }), { code: "ENOTFOUND" })
    assert.deepInclude(await refusal("https://a.example/", { resolve: async () => [] }), { code: "ENODATA" })
    const silent = () => new Promise<never>(() => {})
    assert.deepInclude(await refusal("https://a.example/", { resolve: silent, timeout: 10 }), { code: "ETIMEOUT" })
    assert.deepInclude(await refusal("https://a.example/", { resolve: async () => ["nonsense"] }), {
      range: "not an address"
    })
  })

  it("the escape hatch, whatever the URL", async () => {
    assert.deepStrictEqual(await refusal("https://93.184.215.14/", { allowPrivateNetwork: true }), {
      _tag: "EscapeHatch"
    })
  })

  it("allowTargets opens nothing, allowedHosts opens no closed address", async () => {
    const allowTargets = ["10.0.0.1"]
    assert.strictEqual((await refusal("http://10.0.0.1/", { allowTargets }))?._tag, "ClosedAddress")
    const listed = { dynamicHost: true, allowedHosts: ["10.0.0.1"] }
    assert.strictEqual((await refusal("http://10.0.0.1/", listed))?._tag, "ClosedAddress")
  })
})

describe("laws", () => {
  /** All the ways in which the URL parser lets one write the same IPv4 address. */
  const part = (value: number) =>
    fc.constantFrom(String(value), `0${value.toString(8)}`, `0x${value.toString(16)}`, `0X${value.toString(16)}`)
  const forms = (number: number) => {
    const byte = (index: number) => (number >>> (24 - index * 8)) & 0xff
    return fc
      .oneof(
        part(number),
        fc.tuple(part(byte(0)), part(number & 0xffffff)),
        fc.tuple(part(byte(0)), part(byte(1)), part(number & 0xffff)),
        fc.tuple(...[0, 1, 2, 3].map((index) => part(byte(index))))
      )
      .map((parts) => (typeof parts === "string" ? parts : parts.join(".")))
  }
  const dotted = (number: number) => [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff).join(".")
  const address = fc.oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    // Closed ranges are small: ask for them often.
    fc
      .tuple(
        fc.constantFrom(0x0a000000, 0x7f000000, 0xa9fe0000, 0xc0a80000, 0x64400000),
        fc.integer({ max: 0xffff, min: 0 })
      )
      .map(([network, rest]) => (network | rest) >>> 0)
  )

  it("a way of writing an IPv4 address changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(
        address.chain((number) => fc.tuple(fc.constant(number), forms(number))),
        async ([number, form]) => {
          const expected = await refusal(`http://${dotted(number)}/`)
          assert.deepStrictEqual(await refusal(`http://${form}/`), expected)
          assert.strictEqual(expected !== undefined, closedRange(dotted(number)) !== undefined)
        }
      ),
      { numRuns: 500 }
    )
  })

  it("an IPv4 address inside an IPv6 address is never more open than alone", async () => {
    await fc.assert(
      fc.asyncProperty(
        address,
        fc.constantFrom("::ffff:", "64:ff9b::", "::", "::ffff:0:", "2002:", "64:ff9b:1::"),
        async (number, prefix) => {
          const hex = `${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`
          const inner = prefix === "2002:" ? `2002:${hex}::1` : `${prefix}${hex}`
          const alone = await refusal(`http://${dotted(number)}/`)
          const embedded = await refusal(`http://[${inner}]/`)
          if (alone !== undefined) assert.isDefined(embedded)
          if (prefix === "::ffff:" || prefix === "64:ff9b::") {
            assert.strictEqual(embedded === undefined, alone === undefined)
          } else assert.isDefined(embedded)
        }
      ),
      { numRuns: 500 }
    )
  })

  it("private IPv4 is closed by arithmetic, too", () => {
    const inside = (number: number, network: number, bits: number) => number >>> (32 - bits) === network >>> (32 - bits)
    const check = fc.check(
      fc.property(address, (number) => {
        const closed =
          inside(number, 0x0a000000, 8) ||
          inside(number, 0x7f000000, 8) ||
          inside(number, 0xac100000, 12) ||
          inside(number, 0xc0a80000, 16) ||
          inside(number, 0xa9fe0000, 16) ||
          inside(number, 0x64400000, 10) ||
          number >= 0xe0000000
        return !closed || closedRange(dotted(number)) !== undefined
      }),
      { numRuns: 2000 }
    )
    assert.isFalse(check.failed, `seed ${check.seed}: ${check.counterexample?.map(dotted).join()}`)
  })
})

describe("a host that a model chose", () => {
  const resolve = async () => ["93.184.215.14"]
  it.each([
    ["no list", "https://api.example/", undefined, "HostNotAllowed"],
    ["another host", "https://api.example/", "other.example", "HostNotAllowed"],
    ["a longer name", "https://api.example.evil.test/", "api.example", "HostNotAllowed"],
    ["a suffix without a dot", "https://evilapi.example/", "*.api.example", "HostNotAllowed"],
    ["the bare name of a wildcard", "https://example/", "*.example", "HostNotAllowed"],
    ["another port", "https://api.example:8443/", "api.example:443", "HostNotAllowed"],
    ["the host", "https://API.example/", " x.example , api.example ", undefined],
    ["a subdomain", "https://a.b.example/", "*.example", undefined],
    ["the port", "https://api.example:8443/", "api.example:8443", undefined]
  ])("%s", async (_, url, list, tag) => {
    const options = { dynamicHost: true, resolve, allowedHosts: OutboundPolicy.parseHosts(list) }
    assert.strictEqual((await refusal(url, options))?._tag, tag)
  })
})

describe("development mode", () => {
  const mode = "development"
  it.each([
    ["loopback", "http://127.0.0.1:3000/", {}, undefined],
    ["loopback in hex", "http://0x7f.1/", {}, undefined],
    ["IPv6 loopback", "http://[::1]:3000/", {}, undefined],
    ["a public address", "http://93.184.215.14/", {}, "TargetNotAllowed"],
    ["a private address", "http://10.0.0.1/", {}, "TargetNotAllowed"],
    ["a name, unasked", "https://staging.example/", {}, "TargetNotAllowed"],
    ["a listed private address", "http://10.0.0.1/", { allowTargets: ["10.0.0.1"] }, undefined],
    ["a private address with the hatch", "http://10.0.0.1/", { allowPrivateNetwork: true }, undefined],
    ["a public address with the hatch", "http://93.184.215.14/", { allowPrivateNetwork: true }, "TargetNotAllowed"],
    ["credentials", "http://a:b@127.0.0.1/", {}, "Credentials"],
    ["another scheme", "ftp://127.0.0.1/", {}, "Scheme"]
  ])("%s", async (_, url, options, tag) => {
    assert.strictEqual((await refusal(url, { mode, ...options }))?._tag, tag)
  })

  it("a listed name goes where it resolves, localhost only to loopback", async () => {
    const staging = { mode, resolve: async () => ["93.184.215.14"] } as const
    assert.isUndefined(await refusal("https://staging.example/", { ...staging, allowTargets: ["staging.example"] }))
    assert.strictEqual((await refusal("https://localhost/", staging))?._tag, "TargetNotAllowed")
    assert.isUndefined(await refusal("https://localhost/", { mode, resolve: async () => ["127.0.0.1", "::1"] }))
  })
})

it("the connection goes to the address that was checked, though the name has moved on (DNS rebinding)", async () => {
  const answers = ["127.0.0.1", "127.0.0.2"]
  await using server = await serveDns((name) => (name === "rebind.example" ? [answers.shift() ?? "127.0.0.3"] : []))
  const resolver = new dns.promises.Resolver()
  resolver.setServers([server.address])
  const reached: Array<string | undefined> = []
  const backend = http.createServer((request, response) => {
    reached.push(request.socket.localAddress)
    response.end()
  })
  await new Promise<void>((done) => backend.listen(0, "0.0.0.0", done))
  const { port } = backend.address() as { port: number }
  const target = await OutboundPolicy.check(`http://rebind.example:${port}/`, {
    mode: "development",
    allowTargets: ["rebind.example"],
    resolve: (host) => resolver.resolve4(host)
  })
  for (let i = 0; i < 3; i++) {
    await new Promise<void>((done, fail) => {
      const request = http.get(target.url, { lookup: OutboundPolicy.lookup(target), agent: false }, (response) =>
        response.resume().on("end", done)
      )
      request.on("error", fail)
    })
  }
  backend.close()
  assert.deepStrictEqual(reached, ["127.0.0.1", "127.0.0.1", "127.0.0.1"])
  assert.strictEqual(server.questions(), 1)
  // And the second answer, had it been asked for in production mode, would have been refused.
  const second = { resolve: (host: string) => resolver.resolve4(host) }
  assert.deepInclude(await refusal(`http://rebind.example:${port}/`, second), { address: "127.0.0.2" })
})

it("what speaks in somebody's name is dropped from a model's headers", () => {
  const given = {
    "X-Clinic": "riverside",
    Accept: "application/json",
    authorization: "Bearer x",
    "Proxy-Authorization": "x",
    Cookie: "a=b",
    "X-API-Key": "k",
    "api-key": "k",
    apikey: "k",
    "X-Auth-Token": "t",
    "X-Access-Token": "t",
    "X-Vapi-Secret": "s",
    Host: "evil.example",
    "Content-Length": "0",
    "Transfer-Encoding": "chunked",
    "X-Split": "a\r\nX-Injected: 1",
    "bad name": "x",
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "X-Original-URL": "/admin",
    "X-HTTP-Method-Override": "DELETE",
    "X-aws-ec2-metadata-token": "t",
    "Metadata-Flavor": "Google",
    Metadata: "true",
    "X-Hub-Signature-256": "s",
    "X-User-Id": "1",
    "User-Agent": "a browser",
    Origin: "https://elsewhere.example",
    Range: "bytes=0-1",
    "X-Trace": "stays"
  }
  const { headers, dropped } = OutboundPolicy.safeHeaders(given)
  assert.deepStrictEqual(Object.keys(headers), ["X-Clinic", "Accept", "X-Trace"])
  assert.lengthOf(dropped, Object.keys(given).length - 3)
})

it("an error names the host and nothing else of the URL", async () => {
  for (const url of [
    "https://user:hunter2@10.0.0.1/path-secret?token=hunter2",
    "http://10.0.0.1/path-secret?token=hunter2#hunter2"
  ]) {
    const error = await OutboundPolicy.check(url).then(
      () => assert.fail("not refused"),
      (error: unknown) => error
    )
    assert.instanceOf(error, OutboundRefused)
    assert.notMatch(
      `${JSON.stringify(error)}${inspect(error).replaceAll(/^\s+at .*$/gm, "")}`,
      /hunter2|path-secret|user:/
    )
  }
})
