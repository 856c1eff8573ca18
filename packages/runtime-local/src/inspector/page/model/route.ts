/**
 * Where one is: `#/requests/12?text=Desk`. Every view and every detail has an address.
 */
import { useEffect, useState } from "preact/hooks"

/** A place in the page. */
export interface Place {
  readonly view: string
  /** What comes after the view, decoded. */
  readonly parts: ReadonlyArray<string>
  readonly query: URLSearchParams
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const placeOf = (hash: string): Place => {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?")
  const [view = "", ...parts] = path.split("/").map(decoded)
  return {
    view: view === "" ? "home" : view,
    parts: parts.filter((part) => part !== ""),
    query: new URLSearchParams(query)
  }
}

/** The address of a place. */
export const to = (parts: ReadonlyArray<string>, query: Readonly<Record<string, string>> = {}): string => {
  const set = Object.entries(query).filter(([, value]) => value !== "")
  const text = set.length === 0 ? "" : `?${new URLSearchParams(set).toString()}`
  return `#/${parts.map(encodeURIComponent).join("/")}${text}`
}

/** Goes there. */
export const go = (parts: ReadonlyArray<string>, query?: Readonly<Record<string, string>>): void => {
  location.hash = to(parts, query).slice(1)
}

/**
 * Changes the query of where one is. That is asked when it is done and not when the page was drawn: a filter that acts a moment
 * after its last key must lead nobody back.
 */
export const refine = (view: string, query: Readonly<Record<string, string>>): void => {
  const here = placeOf(location.hash)
  if (here.view === view) go([view, ...here.parts], { ...Object.fromEntries(here.query), ...query })
}

/** For what takes a while and then goes somewhere: not when the reader has gone elsewhere meanwhile. */
export const unlessGone = (): ((act: () => void) => void) => {
  const begun = location.hash
  return (act) => {
    if (location.hash === begun) act()
  }
}

/** Where one is. */
export const usePlace = (): Place => {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const change = () => setHash(location.hash)
    addEventListener("hashchange", change)
    return () => removeEventListener("hashchange", change)
  }, [])
  return placeOf(hash)
}
