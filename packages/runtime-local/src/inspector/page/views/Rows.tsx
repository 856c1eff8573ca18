import type { Place } from "../model/route.ts"
export const Rows = (_: { readonly place: Place }) => null
