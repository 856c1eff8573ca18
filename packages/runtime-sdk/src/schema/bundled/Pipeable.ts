/**
 * What the one-file entries have in place of `effect/Pipeable`: the same as a loop, which is shorter. What is called often is
 * not piped there.
 */
type Step = (value: unknown) => unknown

export const pipeArguments = (self: unknown, args: ArrayLike<Step>): unknown =>
  Array.from(args).reduce((value, step) => step(value), self)

export const Prototype = {
  pipe(...steps: ReadonlyArray<Step>) {
    return pipeArguments(this, steps)
  }
}
