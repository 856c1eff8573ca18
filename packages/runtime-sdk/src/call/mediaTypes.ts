/**
 * Media types by the extension of a file's name: of what knowledge bases and assistants read, and of recordings.
 */
const types: ReadonlyMap<string, string> = new Map([
  ["csv", "text/csv"],
  ["doc", "application/msword"],
  ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["flac", "audio/flac"],
  ["gif", "image/gif"],
  ["htm", "text/html"],
  ["html", "text/html"],
  ["jpeg", "image/jpeg"],
  ["jpg", "image/jpeg"],
  ["json", "application/json"],
  ["m4a", "audio/mp4"],
  ["md", "text/markdown"],
  ["mp3", "audio/mpeg"],
  ["mp4", "video/mp4"],
  ["ogg", "audio/ogg"],
  ["pdf", "application/pdf"],
  ["png", "image/png"],
  ["pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"],
  ["rtf", "application/rtf"],
  ["tsv", "text/tab-separated-values"],
  ["txt", "text/plain"],
  ["wav", "audio/wav"],
  ["webm", "audio/webm"],
  ["webp", "image/webp"],
  ["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  ["xml", "application/xml"],
  ["yaml", "application/yaml"],
  ["yml", "application/yaml"]
])

/** `undefined` for a name that says nothing. */
export const mediaTypeOf = (name: string): string | undefined =>
  types.get(/\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "")
