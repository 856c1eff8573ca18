/**
 * What `instanceof` asks of an error whose class may be there twice: as CommonJS and as a module, or in two bundles.
 */

/** Whether a value has the brand of a class; of a class that a program made of it, whether it is one of that. */
export const isBranded = (asked: object, own: object, brand: symbol, value: unknown): boolean =>
  asked === own
    ? typeof value === "object" && value !== null && brand in value
    : Function.prototype[Symbol.hasInstance].call(asked, value)
