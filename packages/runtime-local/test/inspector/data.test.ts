/** The inspector's page with much data and with hostile data, without a mouse, and to those who do not see it. */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { eventually } from "../../../runtime-sdk/test/support/assertions.ts"
import { launch, open, patience, withoutBrowser } from "./browser.ts"
import { deskOf, type Stage, stageOf } from "./tasks.ts"

const require = createRequire(import.meta.url)
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8")

/** Serious findings of axe, in the page as it is. */
const findings = async (page: Page, rules = ""): Promise<ReadonlyArray<string>> => {
  const result: ReadonlyArray<{ impact: string; id: string; nodes: ReadonlyArray<{ html: string }> }> =
    await page.evaluate(
      `axe.run(document, { resultTypes: ["violations"]${rules} }).then(({ violations }) => violations)`
    )
  return result
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`)
}

const requests = Number(process.env["AYWA_INSPECTOR_REQUESTS"] ?? 300)

describe.skipIf(withoutBrowser())("the inspector's page", () => {
  let browser: Browser
  let stage: Stage

  beforeAll(async () => {
    ;[browser, stage] = await Promise.all([launch(), stageOf()])
    const { aywa, runtime, hooks } = stage
    runtime.faults.next("reset", { when: "after", match: { method: "POST", path: "/assistant" } })
    const { id } = await aywa.assistants.create(deskOf(hooks))
    await aywa.request({ method: "POST", path: "/assistant", body: { nmae: "typo" } }).catch(() => {})
    stage.handler.status = 500
    await runtime.trigger({ type: "end-of-call-report", to: hooks })
    stage.handler.status = 200
    await runtime.trigger({ type: "call.with-tool", assistant: id })
    runtime.faults.add({ action: "reset", match: { path: "/nowhere" } })
  })
  afterAll(async () => {
    await browser?.close()
    await stage?.close()
  })

  it("has nothing serious that axe finds, in any view, light or dark, wide or narrow", async () => {
    const tab = await open(browser, stage.runtime, { bypassCSP: true })
    await tab.page.addScriptTag({ content: axe })
    const call = stage.runtime.rows("calls")[0]?.id ?? ""
    const assistant = stage.runtime.rows("assistants")[0]?.id ?? ""
    const places: ReadonlyArray<readonly [place: string, shows: string]> = [
      ["home", ".checks li"],
      ["requests/1", ".detail .story"],
      ["calls", ".line"],
      [`calls/${call}`, ".transcript li"],
      ["calls/new", ".detail select option"],
      ["webhooks", ".line"],
      ["webhooks/new", ".detail .json li"],
      [`rows/assistants/${assistant}`, ".hooks li"],
      ["rows/credentials", ".empty"],
      ["faults", ".switches .switch"]
    ]
    for (const [place, shows] of places) {
      await tab.at(place)
      await tab.page.locator(shows).first().waitFor({ state: "attached" })
      await tab.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" })
      assert.deepStrictEqual([place, await findings(tab.page)], [place, []])
      await tab.page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" })
      assert.deepStrictEqual(
        [place, "dark", await findings(tab.page, ', runOnly: ["color-contrast"]')],
        [place, "dark", []]
      )
    }
    await tab.page.setViewportSize({ width: 390, height: 844 })
    for (const [place, shows] of places) {
      await tab.at(place)
      await tab.page.locator(shows).first().waitFor({ state: "attached" })
      // Nothing is wider than the screen.
      assert.strictEqual(await tab.page.evaluate(() => document.documentElement.scrollWidth), 390)
    }
    await tab.close()
  })

  it("makes the pictures of its page in the documentation", async () => {
    const pictured = await stageOf({ seed: 4711, port: 0 })
    const { runtime, aywa, hooks, handler } = pictured
    runtime.faults.next("reset", { when: "after", match: { method: "POST", path: "/assistant" } })
    const { id } = await aywa.assistants.create(deskOf(hooks, "Support concierge"), {
      idempotencyKey: "assistant-support-concierge-v1"
    })
    await aywa.assistants.list()
    runtime.faults.add({ action: { type: "status", code: 503, retryAfter: 0 }, match: { path: "/tool" }, times: 2 })
    await aywa.tools.create({ type: "function", function: { name: "lookupOrder", description: "Looks up an order." } })
    await aywa.request({ method: "POST", path: "/assistant", body: { nmae: "Typo" } }).catch(() => {})
    runtime.calls.script({}, [
      { user: "Where is my order 4711?" },
      { tool: "lookupOrder", arguments: { orderId: "4711" } },
      { assistant: "It has shipped and arrives on Thursday." },
      { user: "Thank you, bye." }
    ])
    const call = await aywa.calls.create({ assistantId: id, customer: { number: "+14155550188" } })
    await eventually(() => assert.strictEqual(runtime.rows("calls")[0]?.["status"], "ended"), patience)
    handler.status = 500
    handler.body = "TypeError: Cannot read properties of undefined (reading 'summary')\n    at onReport (handler.ts:41)"
    const { jobs } = await runtime.trigger({ type: "end-of-call-report", to: hooks })
    const tab = await open(browser, runtime, { viewport: { width: 1280, height: 760 }, reducedMotion: "reduce" })
    const pictures: ReadonlyArray<readonly [name: string, place: string, shows: string]> = [
      ["requests", "requests/2", ".diff"],
      ["webhooks", `webhooks/${jobs?.[0]?.id}`, ".attempt .icon-cross"],
      ["calls", `calls/${call.id}`, ".turn:nth-child(5)"],
      ["faults", "faults", ".switches .switch"]
    ]
    for (const [name, place, shows] of pictures) {
      await tab.at(place)
      await tab.page.locator(shows).first().waitFor()
      await tab.page.locator(".connection.live").waitFor()
      const path = join(import.meta.dirname, `../../../../docs/inspector/${name}.png`)
      const picture = await tab.page.screenshot(process.env["AYWA_WRITE_PICTURES"] === "1" ? { path } : {})
      assert.isAbove(picture.length, 20_000)
      assert.isTrue(existsSync(path))
    }
    assert.deepStrictEqual(tab.complaints, [])
    await tab.close()
    await pictured.close()
  })

  it("can be used without a mouse: from the rail into a list, a detail, and back", async () => {
    const { page, close, complaints } = await open(browser, stage.runtime)
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim().slice(0, 40))
    const until = async (name: string) => {
      for (let presses = 0; presses < 40; presses++) {
        if ((await focused()) === name) return
        await page.keyboard.press("Tab")
      }
      throw new Error(`Tab never came to ${name}`)
    }
    await until("Requests")
    await page.keyboard.press("Enter")
    await page.locator(".line").first().waitFor()
    for (let presses = 0; presses < 30; presses++) {
      if (await page.evaluate(() => document.activeElement?.className === "list-box")) break
      await page.keyboard.press("Tab")
    }
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.locator(".story").waitFor()
    assert.strictEqual(await page.evaluate(() => document.activeElement?.className), "detail")
    await until("Send again, same key")
    await page.keyboard.press("Enter")
    await page.locator(".detail h2", { hasText: "201 replayed" }).waitFor()
    await page.keyboard.press("Escape")
    await page.locator(".detail").waitFor({ state: "detached" })
    assert.strictEqual(await page.evaluate(() => document.activeElement?.className), "list-box")
    await page.keyboard.press("Alt+6")
    await page.getByRole("switch", { name: "Scenario flaky" }).focus()
    await page.keyboard.press("Space")
    await eventually(() => assert.strictEqual(stage.runtime.scenarios.active()?.name, "flaky"), patience)
    // What is under way takes no second press.
    await page.getByRole("switch", { name: "Scenario flaky", checked: true }).waitFor()
    await eventually(async () =>
      assert.strictEqual(
        await page.evaluate(() => document.activeElement?.getAttribute("aria-label")),
        "Scenario flaky"
      )
    )
    await page.keyboard.press("Space")
    await eventually(() => assert.isUndefined(stage.runtime.scenarios.active()), patience)
    assert.deepStrictEqual(complaints, [])
    await close()
  })

  it("runs nothing that stands in data", async () => {
    const hostile = await stageOf()
    const { runtime, aywa, hooks } = hostile
    const attack = "window.attacked=1;alert(1)"
    const texts = [
      `<img src=x onerror="${attack}">`,
      `</script><script>${attack}</script>`,
      `<svg onload="${attack}"><style>*{display:none}</style>`,
      `javascript:${attack}`,
      `\u202e\u2066exe.gnp\u2069\u200b\u0000`,
      "'\"`${" + attack + "}"
    ]
    for (const text of texts) {
      await aywa.assistants.create(
        { ...deskOf(hooks, text.slice(0, 40)), firstMessage: text },
        { idempotencyKey: `k${text.replaceAll(/[^!-~]/g, "")}` }
      )
    }
    await aywa.assistants.create({ name: "long", firstMessage: "x".repeat(1_000_000) })
    let deep: object = {}
    for (let level = 0; level < 200; level++) deep = { [`<b>${level}`]: [deep] }
    for (const metadata of [deep, { deep: JSON.stringify(deep) }]) {
      await aywa.request({ method: "POST", path: "/assistant", body: { name: "deep", metadata } }).catch(() => {})
    }
    await fetch(`${runtime.baseUrl}/${encodeURIComponent(texts[0]!)}?q=<script>${attack}</script>`)
    hostile.handler.status = 500
    hostile.handler.body = texts.join("\n")
    const { id } = runtime.rows("assistants")[0]!
    runtime.calls.script(
      {},
      texts.map((user) => ({ user }))
    )
    const call = await aywa.calls.create({
      assistantId: id,
      customer: { number: "+14155550188", name: texts[0]!.slice(0, 40) }
    })
    runtime.faults.add({ id: texts[0]!, action: "reset", match: { path: `/${texts[1]}` } })
    const tab = await open(browser, runtime)
    const seen: Array<string> = []
    const look = async () => void seen.push(await tab.page.locator("main").innerText())
    await tab.at(`calls/${call.id}`)
    await tab.page.locator(".turn").nth(texts.length).waitFor()
    await look()
    for (const view of ["requests", "rows", "webhooks", "calls"]) {
      await tab.at(view)
      await tab.page.locator(".line").first().waitFor()
      const lines = await tab.page.locator(".line").count()
      for (let index = 0; index < Math.min(lines, view === "requests" ? 11 : 3); index++) {
        await tab.page.locator(".line").nth(index).click()
        await tab.page.locator(".detail .section").first().waitFor()
        for (const parent of await tab.page.locator('.json-parent[aria-expanded="false"]').all()) {
          await parent.click({ timeout: 1000 }).catch(() => {})
        }
      }
      await look()
    }
    await tab.at("faults")
    await tab.page.getByText(`/${texts[1]}`).first().waitFor()
    await tab.at(encodeURIComponent(texts[0]!))
    assert.include(seen.join("\n"), texts[0]!)
    assert.include(seen.join("\n"), "⟨202E⟩")
    assert.notInclude(seen.join("\n"), "\u202e")
    assert.isUndefined(await tab.page.evaluate(() => Reflect.get(globalThis, "attacked")))
    assert.deepStrictEqual(tab.complaints, [])
    assert.strictEqual(await tab.page.locator("main img, main script, main style").count(), 0)
    await tab.close()
    await hostile.close()
  })

  it(`stays small and quick over ${requests} requests`, async () => {
    const much = await stageOf()
    // From source the page is bundled when the first browser comes.
    await fetch(`${much.runtime.baseUrl}/__aywa/page.js`)
    const begin = performance.now()
    const tab = await open(browser, much.runtime)
    const opened = performance.now() - begin
    // The quickest of three: what the page takes, and not what else the machine does.
    const paints: Array<number> = []
    for (let i = 0; i < 3; i++) {
      await tab.page.reload()
      await tab.page.locator(".connection.live").waitFor()
      paints.push(
        await tab.page.evaluate(
          () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN
        )
      )
    }
    const paint = Math.min(...paints)
    await tab.at("requests")
    const headers = { authorization: `Bearer ${much.runtime.apiKey}` }
    const client = async (worker: number) => {
      for (let i = worker; i < requests; i += 8)
        await (await fetch(`${much.runtime.baseUrl}/assistant?limit=${(i % 900) + 1}`, { headers })).arrayBuffer()
    }
    await Promise.all(Array.from({ length: 8 }, (_, worker) => client(worker)))
    await eventually(async () => assert.isAbove(await tab.page.locator(".line").count(), 20), patience)
    // Only what is in sight is built.
    assert.isBelow(await tab.page.locator(".line").count(), 80)
    const frames = await tab.page.evaluate(async () => {
      const box = document.querySelector(".list-box")
      const times: Array<number> = []
      const start = performance.now()
      for (let last = start; last - start < 1000;) {
        last = await new Promise<number>((resolve) => requestAnimationFrame(resolve))
        times.push(last)
        box?.scrollBy(0, 240)
      }
      return times.length
    })
    const heap = await tab.page.evaluate(() => {
      Reflect.get(globalThis, "gc")?.()
      return Reflect.get(performance, "memory").usedJSHeapSize / 1_000_000
    })
    console.log(
      `${requests} requests: heap ${heap.toFixed(1)} MB, ${frames} frames in a second of scrolling, first paint ${paint.toFixed(0)} ms, open after ${opened.toFixed(0)} ms`
    )
    assert.isBelow(heap, 150)
    assert.deepStrictEqual(tab.complaints, [])
    // How quick it is says something where it is measured: AYWA_INSPECTOR_REQUESTS.
    const measured = process.env["AYWA_INSPECTOR_REQUESTS"] !== undefined
    assert.isAtLeast(frames, measured ? 30 : 1)
    assert.isAtMost(paint, measured ? 300 : 60_000)
    await tab.close()
    await much.close()
  })
})
