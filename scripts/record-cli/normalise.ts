/**
 * Puts fixed values in place of what differs from run to run: ports, times, random ids and signatures.
 */

/** One kind of value, and what stands for it. */
const fixed: ReadonlyArray<readonly [RegExp, string]> = [
  [/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, "2026-11-25T09:00:00.000Z"],
  [/\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z/g, "2026-11-25T09-00-00.000Z"],
  [/\b(just now|\d+ (s|min|h|d) ago)/g, "just now"],
  [/\b\d+(\.\d+)? ms\b/g, "3 ms"],
  [/"ms": ?\d+(\.\d+)?/g, '"ms": 3'],
  [/^ms( +)[\d.]+$/gm, "ms$13"],
  [/"pid":\d+/g, '"pid":4711'],
  [/whsec_[A-Za-z0-9+/]{32,}=*/g, "whsec_…"],
  [/v1,[A-Za-z0-9+/]{43}=/g, "v1,…"],
  [/webhook-timestamp: \d+/g, "webhook-timestamp: 1795597200"],
  [/"controlToken":"[^"]+"/g, '"controlToken":"…"'],
  [/__aywa\/#[a-z0-9]{32}/g, "__aywa/#…"],
  [/req_[a-z0-9]{20}/g, "req_…"],
  [/aywa_local_[a-z0-9]{26}/g, "aywa_local_…"],
  [/\b9\d{3} of 10000 requests/g, "9990 of 10000 requests"],
  [/"bytes": ?\d{5,}/g, '"bytes": 12345']
]

/** Makes the normaliser of one recording: ids are numbered in the order in which they are seen. */
export const makeNormalise = (port: number, folder: string) => {
  const seen = new Map<string, string>()
  const numbered = (id: string, shape: (n: number) => string): string => {
    const known = seen.get(id)
    if (known !== undefined) return known
    const name = shape(seen.size + 1)
    seen.set(id, name)
    return name
  }
  return (screen: string): string => {
    const base = screen
      // A delivery that happened to be under way when somebody looked.
      .replace(/^.*  delivering  .*\n/gm, "")
      .replaceAll(folder, ".")
      .replaceAll(`:${port}`, ":4010")
      .replace(/127\.0\.0\.1:(?!4010\b|3000\b)\d{4,5}/g, "127.0.0.1:40404")
      .replaceAll(`port ${port} `, "port 4010 ")
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) =>
        // Ids of the files that are shown stay as they are.
        id.endsWith("-000000000000")
          ? id
          : numbered(id, (n) => `${String(n).padStart(8, "0")}-1111-4111-8111-111111111111`)
      )
      .replace(/evt_[0-9A-Za-z]{20,}/g, (id) => numbered(id, (n) => `evt_${String(n).padStart(id.length - 4, "0")}`))
    const text = fixed.reduce((text, [pattern, value]) => text.replace(pattern, value), base)
    return text
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n")
      .replaceAll("^C", "")
      .replace(/^\n+|\s+$/g, "")
  }
}
