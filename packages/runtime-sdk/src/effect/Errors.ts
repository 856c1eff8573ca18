/**
 * Every error of a call, as an Effect program has them: to be caught by tag, yielded, and made for mocks.
 *
 * @since 0.1.0
 */
import "./yieldable.ts"

export * from "../errors/Errors.ts"
export * from "../errors/make.ts"
