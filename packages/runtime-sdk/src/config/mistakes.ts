/**
 * What gets into a value when it is copied out of a file, a shell or a guide: found and named, because whoever asks
 * would be refused without a hint at why.
 */

/** How a value is recognised, and what is wrong with it, after "it". */
export type Mistake = readonly [is: RegExp, what: string]

/** A variable, a template or a placeholder that nobody filled in: nothing else is in such a value. */
export const templateMistakes: ReadonlyArray<Mistake> = [
  [
    /^\$\{?\w+(:?[-?][^}]*)?\}?$|^%\w+%$|^\{\{.*\}\}$|^(process|import\.meta)\.env\b/,
    "is a variable that nobody filled in"
  ],
  // Before the placeholders: `[object Object]` looks like one.
  [
    /^\s*(https?:\/\/)?(undefined|null|None|nil|NaN|true|false|\[object \w+\])\s*([:/].*)?$/,
    "is the text of a missing value"
  ],
  [/^(<[^<>]*>|\[[\w -]+\])$/, "is a placeholder"]
]

/** What an env file or a shell leaves around a value. */
const copyMistakes: ReadonlyArray<Mistake> = [
  [/^\uFEFF/, "begins with a byte order mark (U+FEFF): save the file as UTF-8 without it"],
  // In small letters with something behind it: a key that ends in `=` is none.
  [
    /^(export\s+)?([A-Z][A-Z0-9_]*(KEY|URL|ID|TOKEN|SECRET)\s*=|((\w+_)?(key|url|id|token)|[a-z]+(Key|Url|Id|Token))\s*=\s*[^\s=])/,
    "begins with NAME=: give only what stands behind it"
  ],
  [/^\\?["'`‘-”]|["'`‘-”]\s*$/, "has quotes around it: take the quotes off"]
]

const placeholders: ReadonlyArray<Mistake> = [
  ...templateMistakes,
  [/\$\{\w+\}|\{\{.*\}\}|<[\w -]+>/, "has a variable in it that nobody filled in"],
  [
    /^your[-_ ].*(key|id|token|here|org(ani[sz]ation)?|url)$|^(insert|paste|put)[-_ ].*here$|^(change|replace)[-_ ]?(me|this)$|^(todo|xxx+|placeholder)$/i,
    "is a placeholder"
  ],
  [/^\.{3}$|[\w-](\.{3}|…)$|[*•]{3}/, "is a shortened or masked copy"]
]

const schemes: ReadonlyArray<Mistake> = [
  [
    /^((authorization|x-api-key)\s*:\s*)?bearer\s|^(authorization|x-api-key)\s*:/i,
    "begins with a header: give the key alone, without Bearer"
  ]
]

/** What is wrong with a text, by the first mistake that it has; undefined when there is none. */
export const findMistake = (list: ReadonlyArray<Mistake>, text: string): string | undefined =>
  list.find(([is]) => is.test(text))?.[1]

/** What is wrong with an address or an id; never with one that is as it should be. */
export const mistakeOf = (text: string): string | undefined =>
  findMistake(copyMistakes, text) ?? findMistake(placeholders, text)

/** What is wrong with a key. */
export const keyMistakeOf = (text: string): string | undefined => findMistake(schemes, text) ?? mistakeOf(text)
