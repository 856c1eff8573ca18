/** Secrets as they are copied out of files and dashboards: what is around them is named, and nothing is guessed. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import {
  convertWebhookSecret,
  generateWebhookSecret,
  signAywaRuntimeWebhook,
  verifyAywaRuntimeWebhook
} from "../../src/webhooks.ts"
import { WebhookScheme } from "../../src/webhooks/legacy.ts"
import { body, errorOf, good, headers, secret } from "./support/delivery.ts"

/** What is said of a secret when something is verified, signed and converted with it. */
const said = (wrong: string | Uint8Array): string => {
  const errors = [
    () => verifyAywaRuntimeWebhook({ ...good, secret: wrong }),
    () => verifyAywaRuntimeWebhook({ ...good, secret: [secret, () => wrong] }),
    () => signAywaRuntimeWebhook({ body, secret: wrong }),
    () => convertWebhookSecret(wrong)
  ].map(errorOf)
  const details = errors.map(({ reason }) => (reason._tag === "InvalidSecret" ? reason.detail : reason._tag))
  assert.strictEqual(new Set(details).size, 1)
  for (const { message } of errors) assert.notInclude(message, secret.slice(6))
  return details[0] ?? ""
}

const text = "a-text-of-a-deployment"
const base64 = secret.slice(6)
const cases: ReadonlyArray<readonly [what: string, expected: RegExp, secrets: ReadonlyArray<string | Uint8Array>]> = [
  [
    "quotes",
    /quotes/,
    [
      `"${secret}"`,
      `'${secret}'`,
      `\`${secret}\``,
      `“${secret}”`,
      `"${text}"`,
      `'${text}'`,
      `"${secret}`,
      `${secret}"`,
      `"${secret}"\n`,
      `\\"${secret}\\"`
    ]
  ],
  [
    "the name of the variable",
    /NAME=/,
    [
      `AYWA_RUNTIME_WEBHOOK_SECRET=${secret}`,
      `WEBHOOK_SIGNING_SECRET=${text}`,
      `export WEBHOOK_SIGNING_SECRET=${secret}`,
      `webhookSecret=${secret}`,
      `SECRET="${secret}"`,
      `SECRET=${secret}\n`
    ]
  ],
  [
    "a variable that nobody filled in",
    /nobody filled in/,
    ["${AYWA_RUNTIME_WEBHOOK_SECRET}", "%AYWA_RUNTIME_WEBHOOK_SECRET%"]
  ],
  ["the version of signatures", /v1,/, [`v1,${secret}`, `v1a,${secret}`, `v1,${base64}`, headers["webhook-signature"]]],
  [
    "text around the secret",
    /in front of whsec_/,
    [`Bearer:${secret}`, `secret:${secret}`, `x${secret}`, `whsec_${secret}`, `https://example.test/?s=${secret}`]
  ],
  ["text behind the secret", /behind/, [`${secret};`, `${secret},`, `${secret}#prod`, `${secret}%`, `${secret}\\n`]],
  ["capitals", /lower case/, [secret.replace("whsec_", "WHSEC_"), secret.replace("whsec_", "Whsec_")]],
  ["white space", /white space/, [` ${secret}`, `${secret}\n`, `${secret}\r\n`, "a text with spaces"]],
  [
    "a key of zeros",
    /zeros/,
    [
      `whsec_${Buffer.alloc(32).toString("base64")}`,
      `whsec_${Buffer.alloc(24).toString("base64")}`,
      `whsec_${Buffer.alloc(32, "0").toString("base64")}`,
      new Uint8Array(32),
      "0".repeat(32)
    ]
  ]
]

describe("a secret with", () => {
  for (const [what, expected, secrets] of cases) {
    it(`${what} is refused, and the error says so`, () => {
      for (const wrong of secrets) assert.match(said(wrong), expected, String(wrong))
    })
  }
})

describe("a secret that is right", () => {
  it("is taken, whatever characters it has", () => {
    for (const right of [
      secret,
      text,
      "a=b=c=d=e=f=g=h=i",
      "AbcDefGhi=jklmnopq",
      "it's-a-text-with-one-quote",
      Buffer.alloc(32, 9).toString("base64"),
      "ABCDEFGHIJKLMNO=",
      "QUJDREVGR0hJSktMTU5PUA==",
      Buffer.alloc(24, 1),
      `${"0".repeat(31)}1`
    ]) {
      const signed = signAywaRuntimeWebhook({ body, secret: right })
      assert.strictEqual(verifyAywaRuntimeWebhook({ body, headers: signed, secret: right }).scheme, "standard-webhooks")
    }
  })
  it("is taken when it was generated, and refused with anything in front of it or behind it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }), fc.boolean(), (around, front) => {
        const right = generateWebhookSecret()
        signAywaRuntimeWebhook({ body, secret: right })
        // A sign of base64 more is another text of base64, but never one with the right padding.
        const wrong = front ? around + right : right + around
        const error = errorOf(() => verifyAywaRuntimeWebhook({ body, headers, secret: wrong }))
        assert.strictEqual(error.reason._tag, "InvalidSecret", wrong)
      }),
      { numRuns: 2000 }
    )
  })
})

it("legacy secrets are arbitrary text, but what a file puts around them is named", () => {
  const schemes = (secrets: string) => [
    WebhookScheme.sharedSecret({ header: "webhook-id", secrets }),
    WebhookScheme.hmac({ secretKey: secrets, algorithm: "sha256", signatureHeader: "webhook-signature" }),
    WebhookScheme.stripe({ secrets, header: "webhook-signature" })
  ]
  const reason = (scheme: ReturnType<typeof schemes>[number]) =>
    errorOf(() => verifyAywaRuntimeWebhook({ body, headers, scheme })).reason
  for (const [wrong, expected] of [
    [`"${text}"`, /quotes/],
    [`'${text}'`, /quotes/],
    [`OLD_SECRET=${text}`, /NAME=/],
    ["undefined", /text of a missing value/],
    ["[object Promise]", /text of a missing value/],
    ["t", /16 or more/],
    ["fifteen letters", /16 or more/]
  ] as const) {
    for (const scheme of schemes(wrong)) {
      const found = reason(scheme)
      assert.match(found._tag === "InvalidSecret" ? found.detail : found._tag, expected)
    }
  }
  for (const right of [
    text,
    "whsec_0123456789",
    "v1,0123456789abc",
    "it's a text of mine",
    "a=bcdefghijklmno",
    "ABCDEFGHIJKLMN=="
  ]) {
    for (const scheme of schemes(right)) assert.notStrictEqual(reason(scheme)._tag, "InvalidSecret", right)
  }
})
