/**
 * Text on one line, as the runtime reads results.
 *
 * @since 0.1.0
 */

/** Line breaks of every kind become spaces. */
export const withoutBreaks = (text: string): string => text.replace(/[\r\n\v\f\u0085\u2028\u2029]+/g, " ")

/** What a model reads in the place of a result that is no JSON: the tool did run, so that it did not "fail". */
export const resultNotShown = "done, result not shown"

/** What a model reads in the place of an error without words. */
export const errorNotShown = "failed, no reason given"
