/**
 * The forms in which a UUID is written: in small or capital letters, with or without dashes.
 */

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Whether an id is a UUID as runtimes write it. */
export const isUuid = (id: string): boolean => uuid.test(id)

/** What stands in another form, as runtimes write it: in small letters, with dashes. */
export const dashed = (form: string): string =>
  form.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")

const plain = (id: string): string => id.replaceAll("-", "")

/** The other forms of a pair of UUIDs, each with what it becomes: none where either is no UUID. */
export const otherForms = (
  source: string,
  target: string
): ReadonlyArray<readonly [source: string, target: string]> => {
  if (!isUuid(source) || !isUuid(target)) return []
  const forms: ReadonlyArray<readonly [string, string]> = [
    [source.toUpperCase(), target.toUpperCase()],
    [plain(source), plain(target)],
    [plain(source).toUpperCase(), plain(target).toUpperCase()]
  ]
  // Of digits alone there are no capitals.
  return forms.filter(([form], at) => form !== source && forms.findIndex(([other]) => other === form) === at)
}
