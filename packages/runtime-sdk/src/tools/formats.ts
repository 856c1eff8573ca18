/**
 * The nine formats that the runtime knows, and what text has them, as JSON Schema says.
 */

/** What a format asks for: whether text has it, and in words for the model. */
interface Format {
  readonly is: (text: string) => boolean
  readonly expected: string
}

const date = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const time = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
const hostname = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`, "i")
const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)
const duration = /^P(?:\d+W|(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A day that is in the calendar: `Date` alone would take the 31st of February for the 3rd of March. */
const isDate = (text: string): boolean => {
  const [, year, month, day] = date.exec(text)?.map(Number) ?? []
  return day !== undefined && day <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
}

const formats: Readonly<Record<string, Format>> = {
  "date-time": {
    is: (text) => /^.{10}[t ]/i.test(text) && isDate(text.slice(0, 10)) && time.test(text.slice(11)),
    expected: "a date and time with its offset from UTC, such as 2030-01-31T16:30:00Z"
  },
  date: { is: isDate, expected: "a date, such as 2030-01-31" },
  time: { is: (text) => time.test(text), expected: "a time with its offset from UTC, such as 16:30:00Z" },
  duration: { is: (text) => duration.test(text), expected: "a duration in ISO 8601, such as PT30M" },
  email: { is: (text) => /^[^\s@]{1,64}@[^\s@]+$/.test(text), expected: "an e-mail address" },
  hostname: { is: (text) => hostname.test(text), expected: "a host name" },
  ipv4: { is: (text) => ipv4.test(text), expected: "an IPv4 address" },
  ipv6: { is: (text) => /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`), expected: "an IPv6 address" },
  uuid: { is: (text) => uuid.test(text), expected: "a UUID" }
}

/** Whether the runtime knows a format. */
export const isFormat = (format: unknown): format is string =>
  typeof format === "string" && Object.hasOwn(formats, format)

/** What text must be to have a format; undefined when it has it, or when nobody knows the format. */
export const formatIssue = (text: string, format: string): string | undefined => {
  const entry = isFormat(format) ? formats[format] : undefined
  return entry === undefined || entry.is(text) ? undefined : `must be ${entry.expected}`
}
