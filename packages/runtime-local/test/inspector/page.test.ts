/** The inspector's page in a real Chromium: each task as somebody does it who has nothing but the page. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import type { Browser } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { assertMatches, eventually } from "../../../runtime-sdk/test/support/assertions.ts"
import { copied, launch, open, type Opened, patience, withoutBrowser } from "./browser.ts"
import { deskOf, type Stage, stageOf } from "./tasks.ts"

describe.skipIf(withoutBrowser())("the inspector's page", () => {
  let browser: Browser
  let stage: Stage
  let tab: Opened

  beforeAll(async () => {
    ;[browser, stage] = await Promise.all([launch(), stageOf()])
    tab = await open(browser, stage.runtime)
  })
  afterAll(async () => {
    await browser?.close()
    await stage?.close()
  })

  const text = (selector: string) => tab.page.locator(selector).first().innerText()
  const check = (selector: string, what: string | RegExp) =>
    eventually(async () => {
      const shown = await text(selector).catch(() => "")
      if (typeof what === "string") assert.include(shown, what)
      else assert.match(shown, what)
    }, patience)
  const line = (what: string | RegExp) => tab.page.locator(".line", { hasText: what }).first()
  const press = (name: string | RegExp) =>
    tab.page
      .getByRole("button", { name, exact: typeof name === "string" })
      .first()
      .click()
  const detail = ".detail"

  describe("home", () => {
    it("opens with the token of the fragment, and takes it out of the address", async () => {
      assert.strictEqual(await tab.page.evaluate(() => location.href), `${stage.runtime.baseUrl}/__aywa/#/`)
      await check(".card", "Connect your program")
      await check(".connection", "live")
    })

    it("asks for the token where it has none, and says when it is wrong", async () => {
      const other = await open(browser, { ...stage.runtime, inspectorUrl: `${stage.runtime.baseUrl}/__aywa/#wrong` })
      await other.page.getByText("The control token is not the one of this runtime").waitFor()
      await other.page.getByLabel("Control token").fill(stage.runtime.controlToken)
      await other.page.keyboard.press("Enter")
      await other.page.getByText("Connect your program").waitFor()
      assert.deepStrictEqual(other.complaints, [])
      await other.close()
    })

    it("opens with a link that is good once", async () => {
      const link = { ...stage.runtime, inspectorUrl: stage.runtime.inspectorLink() }
      const first = await open(browser, link)
      await first.page.getByText("Connect your program").waitFor()
      await first.close()
      const second = await open(browser, link)
      await second.page.getByText("This link was good once").waitFor()
      assert.deepStrictEqual(second.complaints, [])
      await second.close()
    })

    it("shows how to connect; secrets only when asked", async () => {
      await tab.at("home")
      await check(".snippet", "AYWA_RUNTIME_API_KEY=********")
      await press("Show secrets")
      await check(".snippet", `AYWA_RUNTIME_API_KEY=${stage.runtime.apiKey}`)
      assert.include(await copied(tab.page, "Copy"), `AYWA_RUNTIME_BASE_URL=${stage.runtime.baseUrl}\n`)
      await press("Mask secrets")
      await check(".snippet", "AYWA_RUNTIME_API_KEY=********")
    })
  })

  describe("requests", () => {
    it("shows a create whose answer was lost as one call: two attempts, one row", async () => {
      await tab.at("faults")
      await press("Lose it")
      await check(".card", "Waits for a POST")
      await stage.aywa.assistants.create(deskOf(stage.hooks), { idempotencyKey: "desk-v1" })
      await tab.page.getByRole("link", { name: "see what happened" }).click()
      await line("2 attempts, 1 row").click()
      await check(
        ".story",
        /Attempt 1 did the work, and the fault reset hit its answer\. Attempt 2 was answered from the record/
      )
      await check(".story", "The work was done once.")
      assert.strictEqual(stage.runtime.count("assistants"), 1)
    })

    it("shows what the attempts differ in", async () => {
      await check(".diff", "idempotency-replayed")
      await check(".diff", "reset after")
    })

    it("leads from a request to the row that it made", async () => {
      await tab.page.locator(".facts").getByRole("link", { name: "Order desk" }).click()
      await check(`${detail} h2`, "Order desk")
    })

    it("copies a request as a command that works once the key is shown", async () => {
      await tab.at("requests")
      await line("/assistant").click()
      const masked = await copied(tab.page, "Copy as curl")
      assert.include(masked, '"authorization: Bearer $AYWA_RUNTIME_API_KEY"')
      assert.notInclude(masked, stage.runtime.apiKey)
      const { stdout } = await promisify(execFile)("bash", ["-c", `${masked} -s`], {
        env: { ...process.env, AYWA_RUNTIME_API_KEY: stage.runtime.apiKey }
      })
      assertMatches(JSON.parse(stdout), { name: "Order desk" })
      await press("Show secrets")
      await tab.page.getByRole("button", { name: "Mask secrets" }).waitFor()
      assert.include(await copied(tab.page, "Copy as curl"), stage.runtime.apiKey)
      await press("Mask secrets")
    })

    it("copies it as a call of the SDK", async () => {
      const call = await copied(tab.page, "Copy as SDK call")
      assert.include(call, "await aywa.assistants.create({")
      assert.include(call, '{ idempotencyKey: "desk-v1" }')
    })

    it("sends it again: under its key from the record, under a new one for real", async () => {
      await press("Send again, same key")
      await check(`${detail} h2`, "201 replayed")
      assert.strictEqual(stage.runtime.count("assistants"), 1)
      await press("Send under a new key")
      await check(".story", "It did the work and was answered 201.")
      assert.strictEqual(stage.runtime.count("assistants"), 2)
    })

    it("stays where its reader goes while a filter is still being typed", async () => {
      await tab.at("requests")
      await tab.page.getByRole("searchbox").fill("status:400")
      await tab.at("faults")
      await new Promise((resolve) => setTimeout(resolve, 400))
      assert.strictEqual(await tab.page.evaluate(() => location.hash), "#/faults")
    })

    it("tries any operation of the contract, and shows what comes back", async () => {
      await tab.at("requests")
      await press("Try")
      await tab.page.getByLabel("Query").fill("limit=1")
      await press("Send")
      await check(detail, "200")
      await tab.page.getByLabel("Operation").selectOption("structuredOutputs.create")
      await tab.page.getByLabel("Body").fill('{"name":7}')
      await check(detail, "name: expected string, got integer")
      await tab.page.getByLabel("Body").fill('{"name":"Tried here","type":"ai","schema":{"type":"object"}}')
      await tab.page.getByLabel("Idempotency-Key").fill("tried")
      await press("Send")
      await check(detail, "201")
      assertMatches(stage.runtime.rows("structuredOutputs"), [{ name: "Tried here" }])
      await tab.page.getByLabel("Operation").selectOption("structuredOutputs.get")
      await tab.page.getByLabel("id", { exact: true }).fill("nobody")
      await press("Send")
      await check(detail, /not found|no structured output/i)
    })

    it("finds requests by status, by text in their bodies, and by what became of them", async () => {
      await stage.aywa.request({ method: "POST", path: "/assistant", body: { nmae: "needle" } }).catch(() => {})
      await tab.at("requests")
      const filter = tab.page.getByRole("searchbox")
      await filter.fill("needle")
      await eventually(async () => assert.strictEqual(await tab.page.locator(".line").count(), 1))
      await filter.fill("status:400")
      await line("400").click()
      await check(detail, "nmae")
      await filter.fill("")
      await tab.page.getByRole("link", { name: "repeated" }).click()
      await check(".line", "attempts")
      await tab.page.getByRole("link", { name: "all", exact: true }).click()
    })

    it("says when a filter is none", async () => {
      await tab.at("requests?q=status%3Aabc")
      await check(".list", "status: expected an integer from 0 to 999")
    })

    it("never moves what is being read: new lines wait until they are wanted", async () => {
      for (let i = 0; i < 60; i++) await stage.aywa.assistants.list({ limit: (i % 50) + 1 })
      await tab.at("requests")
      await check(".line", "GET")
      await tab.page.locator(".list-box").evaluate((box) => box.scrollTo(0, 320))
      await eventually(async () =>
        assert.strictEqual(await tab.page.locator(".list-box").evaluate((box) => box.scrollTop), 320)
      )
      const places = () =>
        tab.page
          .locator(".line")
          .evaluateAll((lines) => lines.map((one) => `${one.id} ${one.getBoundingClientRect().top}`))
      await tab.page.waitForTimeout(200)
      const before = await places()
      for (let i = 0; i < 12; i++) await stage.aywa.tools.list()
      await check(".new-lines", "12 new")
      assert.deepStrictEqual(await places(), before)
      await press("12 new")
      await tab.page.locator(".list-box").evaluate((box) => box.scrollTo(0, 0))
      await check(".line", "/tool")
    })
  })

  describe("calls", () => {
    it("plays a conversation, and shows who spoke, which tools, which hooks", async () => {
      await tab.at("calls/new")
      await tab.page.getByLabel("Conversation").selectOption("call.with-tool")
      await tab.page.getByLabel("Assistant", { exact: true }).selectOption({ label: "Order desk" })
      await press("Play")
      await check(".transcript", "Hi, where is my order 4711?")
      await check(".transcript", /lookupOrder \{"orderId":"4711"\} → \{"status":"shipped"\}/)
      await eventually(async () => assert.strictEqual(await tab.page.locator(".lane-tools .mark").count(), 1))
      await eventually(async () => assert.isAbove(await tab.page.locator(".lane-hooks .mark").count(), 5))
      await check(`${detail} h2`, "ended")
    })

    it("says which step of a script is wrong, and runs one that is right", async () => {
      await tab.at("calls/new")
      await tab.page.getByLabel("Steps").fill('[{ "usr": "Hello" }]')
      await check(".issues:not(:empty)", "steps.0: expected one of user, assistant, tool")
      assert.isTrue(await tab.page.getByRole("button", { name: "Run script" }).isDisabled())
      await tab.page.getByLabel("Steps").fill('[{ "user": "Is this the desk?" }, { "assistant": "It is." }]')
      await press("Run script")
      await tab.page.getByText("The next call that matches follows it.").waitFor()
      const [assistant] = stage.runtime.rows("assistants")
      await stage.aywa.calls.create({ assistantId: assistant!.id, customer: { number: "+14155550177" } })
      await tab.at("calls")
      await line("+14155550177").click()
      await check(".transcript", "Is this the desk?")
      await check(`${detail} h2`, "ended")
    })

    it("calls a number from outside", async () => {
      const [assistant] = stage.runtime.rows("assistants")
      await stage.aywa.phoneNumbers.create({
        provider: "vapi",
        number: "+14155550100",
        name: "Main line",
        assistantId: assistant!.id
      })
      await tab.at("calls/new")
      await tab.page.getByLabel("From").fill("+14155550123")
      await press("Call it")
      await check(detail, /Customer\s+\+14155550123/)
      await check(`${detail} h2`, "ended")
      await press("Close")
    })

    it("leads a call by hand: both sides say something, it is transferred, it is over", async () => {
      await tab.at("calls/new")
      await tab.page.getByLabel("Assistant to talk to").selectOption({ index: 0 })
      await press("Begin")
      await check(".transcript", "Order desk, how can I help?")
      await tab.page.getByLabel("Words").fill("Are you open on Sunday?")
      await press("Caller says")
      await check(".transcript", "Are you open on Sunday?")
      await tab.page.getByLabel("Words").fill("We never close.")
      await press("Assistant says")
      await check(".transcript", "We never close.")
      await tab.page.getByLabel("Number", { exact: true }).fill("+14155550142")
      await press("Transfer")
      await check(detail, "assistant-forwarded-call")
    })

    it("ends a call", async () => {
      await tab.at("calls/new")
      await press("Begin")
      await check(".transcript", "Order desk")
      await press("End call")
      await check(`${detail} h2`, "ended")
    })

    it("leads from a call to its webhooks", async () => {
      await tab.page.locator(".hooks").getByRole("link", { name: "end-of-call-report" }).click()
      await check(`${detail} h2`, "end-of-call-report")
    })
  })

  describe("webhooks", () => {
    it("says why one failed", async () => {
      stage.handler.status = 500
      stage.handler.body = "TypeError: no summary in report\n    at onReport"
      await tab.at("webhooks/new")
      await tab.page.getByLabel("Event", { exact: true }).selectOption("end-of-call-report")
      await tab.page.getByLabel("Goes to").fill(stage.hooks)
      await tab.page.getByLabel("Merged into the message").fill('{ "endedReason": ')
      await check(".issues:not(:empty)", "Not JSON")
      await tab.page.getByLabel("Merged into the message").fill('{ "endedReason": "customer-busy" }')
      await check(detail, '"customer-busy"')
      await press("Send")
      await tab.page.locator(".done a").click()
      await check(
        ".story",
        /Not delivered: http\S+ answered 500: TypeError: no summary in report\. It is sent again at/
      )
      await check(".attempts", "500")
    })

    it("sends it again once the receiver is well", async () => {
      stage.handler.status = 200
      stage.handler.body = "{}"
      await press("Retry now")
      await check(".story", /Delivered with attempt \d: the receiver answered 200/)
      await check(`${detail} h2`, "succeeded")
    })

    it("shows what a handler sees: verified", async () => {
      await check(detail, "Verified: end-of-call-report, signed as standard-webhooks")
    })

    it("replays it as a new event", async () => {
      const before = await tab.page.evaluate(() => location.hash)
      await press("Replay as a new event")
      await check(detail, /evt_\w+_r1/)
      assert.notStrictEqual(await tab.page.evaluate(() => location.hash), before)
      await check(".story", "Delivered at once")
    })

    it("says of a 401 that the receiver has another secret", async () => {
      stage.handler.status = 401
      await press("Replay as a new event")
      await check(detail, "Your receiver has another secret")
      stage.handler.status = 200
    })

    it("shows what a handler sees of a bad signature, and which fault it was", async () => {
      stage.runtime.faults.next("bad-signature")
      await tab.at("webhooks/new")
      await tab.page.getByLabel("Goes to").fill(stage.hooks)
      await press("Send")
      await tab.page.locator(".done a").click()
      await check(detail, "Refused: SignatureMismatch")
      await check(".attempts", "bad-signature")
    })

    it("asks a question and judges the answer", async () => {
      await tab.at("webhooks/new")
      await tab.page.getByLabel("Event", { exact: true }).selectOption("tool-calls")
      await tab.page.getByLabel("Goes to").fill(stage.hooks)
      await press("Send")
      await check(detail, "200: what the event asks for")
    })
  })

  describe("rows", () => {
    it("says which request made a row", async () => {
      const row = stage.runtime.rows("assistants")[0]
      await tab.at(`rows/assistants/${row?.id}`)
      await check(".hooks", "made it")
      await tab.page.locator(".hooks a").first().click()
      await check(detail, "desk-v1")
    })

    it("names the path of what the contract does not know, and does not save it", async () => {
      const row = stage.runtime.rows("assistants")[1]
      await tab.at(`rows/assistants/${row?.id}`)
      await eventually(async () => assert.include(await tab.page.getByLabel("JSON").inputValue(), "Order desk"))
      await tab.page.getByLabel("JSON").fill('{ "model": { "provider": 1 } }')
      await check(".issues:not(:empty)", "model.provider: expected string, got integer")
      assert.isTrue(await tab.page.getByRole("button", { name: "Save", exact: true }).isDisabled())
      await tab.page.getByLabel("JSON").fill('{ "nmae": "Typo" }')
      await press("Save")
      await check(".issues:not(:empty)", "property nmae should not exist")
      await press("Discard")
      await eventually(async () => assert.include(await tab.page.getByLabel("JSON").inputValue(), "Order desk"))
    })

    it("saves a change", async () => {
      const editor = tab.page.getByLabel("JSON")
      await editor.fill((await editor.inputValue()).replace("how can I help?", "good morning."))
      await press("Save")
      await tab.page.getByText("Saved", { exact: true }).waitFor()
      assertMatches(stage.runtime.rows("assistants")[1], { firstMessage: "Order desk, good morning." })
    })

    it("shows both versions where somebody else was faster, and saves over it when told to", async () => {
      const { id } = stage.runtime.rows("assistants")[1]!
      const editor = tab.page.getByLabel("JSON")
      await editor.fill((await editor.inputValue()).replace("good morning", "good evening"))
      await stage.aywa.assistants.update(id, { firstMessage: "Theirs" })
      await press("Save")
      await check(".drift", "412: somebody changed this row")
      await check(".drift", "Theirs")
      await check(".drift", "Order desk, good evening.")
      await press("Save mine over it")
      await tab.page.getByText("Saved", { exact: true }).waitFor()
      assertMatches(stage.runtime.rows("assistants")[1], { firstMessage: "Order desk, good evening." })
    })

    it("keeps what is being written while the row is read again", async () => {
      const { id } = stage.runtime.rows("assistants")[1]!
      const address = `**/assistant/${String(id)}`
      const gate = Promise.withResolvers<void>()
      await tab.page.route(address, async (route) => {
        await gate.promise
        await route.continue()
      })
      const read = tab.page.waitForRequest(address)
      await stage.aywa.assistants.update(id, { firstMessage: "Theirs again" })
      await read
      const editor = tab.page.getByLabel("JSON")
      await editor.fill((await editor.inputValue()).replace("good evening", "good night"))
      const answered = tab.page.waitForResponse(address)
      gate.resolve()
      await (await answered).finished()
      await tab.page.unroute(address)
      // The page has taken or left it by the next frame.
      await tab.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))))
      assert.include(await editor.inputValue(), "good night")
      await press("Discard")
      await eventually(async () => assert.include(await editor.inputValue(), "Theirs again"))
    })

    it("creates a row, finds it by a text in it, and deletes it", async () => {
      await tab.at("rows/tools/new")
      await press("Create")
      await check(`${detail} h2`, "lookupOrder")
      assert.strictEqual(stage.runtime.count("tools"), 1)
      await press("Close")
      await tab.page.getByRole("searchbox").fill("Looks up an order")
      await line("lookupOrder").click()
      await press("Delete")
      await press("Delete it? Press again")
      await eventually(() => assert.strictEqual(stage.runtime.count("tools"), 0))
    })
  })

  describe("faults and time", () => {
    it("starts and stops a scenario", async () => {
      await tab.at("faults")
      await tab.page.getByRole("switch", { name: "Scenario brownout" }).click()
      await eventually(() => assert.strictEqual(stage.runtime.scenarios.active()?.name, "brownout"))
      await tab.page.getByRole("switch", { name: "Scenario brownout" }).click()
      await eventually(() => assert.isUndefined(stage.runtime.scenarios.active()))
    })

    it("switches a fault on for some requests, and counts how often it acted", async () => {
      await press("Remove all").catch(() => {})
      await tab.page.getByLabel("Path").fill("/tool")
      await tab.page.getByRole("switch", { name: "Fault status" }).click()
      await eventually(() => assert.strictEqual(stage.runtime.faults.list().length, 1))
      assert.strictEqual((await fetch(`${stage.runtime.baseUrl}/tool`)).status, 503)
      await check(".switch:has([aria-checked=true])", /acted 1 time$/m)
      await tab.page.getByRole("switch", { name: "Fault status" }).click()
      await eventually(() => assert.strictEqual(stage.runtime.faults.list().length, 0))
    })

    it("adds a key that may only read, and revokes it", async () => {
      await tab.page.getByLabel("The key may").selectOption("read")
      await press("Add key")
      const key = (await tab.page.locator(".card .snippet code").last().innerText()).trim()
      const headers = { authorization: `Bearer ${key}` }
      assert.strictEqual((await fetch(`${stage.runtime.baseUrl}/assistant`, { headers })).status, 200)
      assert.strictEqual((await fetch(`${stage.runtime.baseUrl}/assistant`, { headers, method: "POST" })).status, 403)
      const row = tab.page.getByRole("row").filter({ has: tab.page.getByRole("cell", { name: "read", exact: true }) })
      await row.getByRole("button", { name: "Revoke" }).click()
      await row.getByRole("button", { name: "Sure? Press again" }).click()
      await eventually(async () =>
        assert.strictEqual((await fetch(`${stage.runtime.baseUrl}/assistant`, { headers })).status, 401)
      )
    })

    it("takes a snapshot, goes back to it, and forgets everything", async () => {
      const rows = stage.runtime.count("assistants")
      await press("Take snapshot")
      await tab.page.getByText(/^Taken: \d+ rows$/).waitFor()
      await stage.aywa.assistants.create({ name: "One more" })
      assert.strictEqual(stage.runtime.count("assistants"), rows + 1)
      await press("Restore")
      await press("Go back? Press again")
      await tab.page.getByText("Gone back").waitFor()
      assert.strictEqual(stage.runtime.count("assistants"), rows)
      await press("Reset")
      await press("Forget all of it? Press again")
      await tab.page.getByText("All is forgotten").waitFor()
      assert.strictEqual(stage.runtime.count("assistants"), 0)
    })

    it("moves a clock that stands still, and what was due on the way runs", async () => {
      const manual = await stageOf({ clock: "manual" })
      manual.handler.status = 503
      await manual.runtime.trigger({ type: "end-of-call-report", to: manual.hooks })
      await manual.runtime.webhooks.idle()
      const other = await open(browser, manual.runtime)
      await other.at("webhooks")
      await other.page.locator(".line", { hasText: "retrying" }).click()
      await other.page.locator(".attempt").nth(0).waitFor()
      manual.handler.status = 200
      await other.at("faults")
      await other.page.getByRole("button", { name: "+1 h", exact: true }).click()
      await other.page.getByText(/ran on the way/).waitFor()
      await other.at("webhooks")
      await other.page.locator(".line", { hasText: "succeeded" }).waitFor()
      assert.deepStrictEqual(other.complaints, [])
      await other.close()
      await manual.close()
    })
  })

  it("has complained of nothing, and the policy was never broken", () => {
    assert.deepStrictEqual(tab.complaints, [])
  })
})
