import type { Place } from "../model/route.ts"
export const Webhooks = (_: { readonly place: Place }) => null
