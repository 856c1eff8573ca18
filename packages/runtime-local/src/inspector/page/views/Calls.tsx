import type { Place } from "../model/route.ts"
export const Calls = (_: { readonly place: Place }) => null
