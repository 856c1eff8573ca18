/**
 * The files of the page, as text. Run from source they are bundled when the first one is asked for; the build puts a
 * module in place of this one that has them in it.
 */

/** The files of the page. */
export interface PageFiles {
  readonly html: string
  readonly js: string
  readonly css: string
}

/** Gives the files. */
export const readFiles = async (): Promise<PageFiles> => {
  const bundler = new URL("../../scripts/page.ts", import.meta.url).href
  // Not by its name: the published package has neither this file nor esbuild.
  const { bundlePage }: { readonly bundlePage: () => Promise<PageFiles> } = await import(/* @vite-ignore */ bundler)
  return bundlePage()
}
