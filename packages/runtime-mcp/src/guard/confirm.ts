/**
 * A person's confirmation, by whatever way the client has for it.
 */

/** How a question ended. */
export type Confirmation = "accepted" | "declined" | "unable"

/** Asks the person in front of the client; `unable` where the client cannot ask. */
export type Confirm = (question: string) => Promise<Confirmation>

/**
 * A text of a row inside of a question: short, in one line, in quotes, so that it cannot pretend to be the question.
 * Characters that turn or hide text go.
 */
export const quote = (text: unknown): string => {
  const plain = (typeof text === "string" ? text : "")
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}"“”]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
  return `“${plain.length > 60 ? `${plain.slice(0, 60)}…` : plain}”`
}
