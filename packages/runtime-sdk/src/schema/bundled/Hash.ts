/**
 * What the one-file entries have in place of `effect/Hash`: nothing in them keeps more than a handful of values by their
 * hash, so one bucket for all is enough. See `Equal.ts`.
 */
export const symbol = "~effect/Hash"

const one = () => 0

export const hash = one
export const string = one
export const number = one
export const random = one
export const combine = () => one
