/** A real Chromium with the inspector's page in it, and what it complained of. */
import * as fs from "node:fs"
import * as path from "node:path"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { assert } from "vitest"
import { eventually } from "../../../runtime-sdk/test/support/assertions.ts"
import type { LocalRuntimeHandle } from "../../src/index.ts"

const names = ["chromium", "chromium-browser", "google-chrome"]

const inPath = (): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => fs.existsSync(file))

/** The browser; where there is none the tests say so, and with AYWA_REQUIRE_SERVICES=1 fail. */
export const browserPath = process.env["AYWA_CHROMIUM"] ?? inPath()

export const withoutBrowser = (): boolean => {
  if (browserPath !== undefined) return false
  if (process.env["AYWA_REQUIRE_SERVICES"] === "1") {
    throw new Error("AYWA_REQUIRE_SERVICES=1, and there is no chromium: install it, or name one in AYWA_CHROMIUM")
  }
  console.log("skipped: there is no chromium in PATH, and none in AYWA_CHROMIUM")
  return true
}

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath ?? "",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--js-flags=--expose-gc"]
  })

export interface Opened {
  readonly page: Page
  /** Goes to a place of the page, such as `requests/12`. */
  readonly at: (place: string) => Promise<void>
  /** Errors on the console, uncaught ones, and violations of the policy. */
  readonly complaints: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** Waits that long for what a page is to show: machines may be loaded. */
export const patience = 20_000

export const open = async (
  browser: Browser,
  runtime: Pick<LocalRuntimeHandle, "inspectorUrl" | "baseUrl">,
  options: BrowserContextOptions = {}
): Promise<Opened> => {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    ...options
  })
  context.setDefaultTimeout(patience)
  const complaints: Array<string> = []
  await context.exposeFunction("complain", (text: string) => void complaints.push(text))
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      // The test put it there.
      Reflect.get(globalThis, "complain")(`policy: ${violatedDirective} ${blockedURI}`)
    })
  })
  const page = await context.newPage()
  page.on("console", (message) => {
    // What the runtime refuses is shown on the page; Chromium writes it down, too.
    const isRefusal = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())
    if ((message.type() === "error" || message.type() === "warning") && !isRefusal) complaints.push(message.text())
  })
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(runtime.inspectorUrl ?? "")
  await page.waitForSelector(".page, .door")
  return {
    page,
    complaints,
    at: async (place) => {
      await page.evaluate((hash) => {
        location.hash = hash
      }, `/${place}`)
      // Away from the list, under whose pointer new lines wait.
      await page.mouse.move(5, 500)
    },
    close: () => context.close()
  }
}

/** What the page put on the clipboard after a press. */
export const copied = async (page: Page, button: string): Promise<string> => {
  await page.evaluate(() => navigator.clipboard.writeText(""))
  await page.getByRole("button", { name: button, exact: true }).first().click()
  await eventually(
    async () => assert.notStrictEqual(await page.evaluate(() => navigator.clipboard.readText()), ""),
    patience
  )
  return page.evaluate(() => navigator.clipboard.readText())
}
