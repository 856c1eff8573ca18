/**
 * Why no answer came from a target, in a sentence: where one is known by its code, what to do about it as well.
 */
import type { RequestResult } from "./request.ts"

const sentences: ReadonlyArray<readonly [RegExp, (code: string) => string]> = [
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|UNSUPPORTED_PROTOCOL)$/,
    (code) =>
      `This port does not speak TLS (${code}); most likely it speaks plain HTTP. Let the address begin with http://, or give the port that speaks TLS`
  ],
  [
    /^HPE_INVALID_(CONSTANT|VERSION)$/,
    (code) =>
      `What answers there does not speak HTTP (${code}). Check host and port of the address; a port that speaks TLS needs https://`
  ]
]

/** Words for the log of an attempt. `url` is where it went. */
export const failureWords = (
  { kind, code }: Pick<Extract<RequestResult, { readonly type: "failure" }>, "kind" | "code">,
  url: string
): string => {
  if (kind === "timeout") return "No answer in time"
  const sentence = sentences.find(([pattern]) => pattern.test(code))?.[1]
  if (sentence !== undefined) return sentence(code)
  const failed = `The connection failed (${code})`
  // What speaks TLS hangs up on plain HTTP, and so does whoever crashes.
  return code === "ECONNRESET" && url.startsWith("http:")
    ? `${failed}: it was closed without an answer. A port that speaks TLS needs https://`
    : failed
}
