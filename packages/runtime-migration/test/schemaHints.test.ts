/** Schema files of four frameworks as hints of detect. */
import { assert, it } from "vitest"
import { detectDatabase, openDatabase } from "../src/index.ts"
import { schemaHints } from "../src/live/schemaHints.ts"
import { old, simple } from "./databases.ts"

const files = {
  "schema.prisma": `model Call {
  id          Int     @id
  assistantId String? @map("assistant_id") @db.Uuid
  settings    Json
  note        String
  squad       Squad?  @relation(fields: [squadId], references: [id])

  @@map("calls")
}
`,
  "schema.ts": `export const calls = pgTable("calls", {
  id: integer("id").primaryKey(),
  assistantId: uuid("assistant_id").references(() => assistants.id),
  settings: jsonb("settings"),
  note: text()
})
`,
  "schema.rb": `ActiveRecord::Schema[7.1].define(version: 2026_01_01) do
  create_table "calls", force: :cascade do |t|
    t.uuid "assistant_id"
    t.jsonb "settings", default: {}
    t.string "note"
    t.index ["assistant_id"], name: "by_assistant"
  end
end
`,
  "models.py": `class Call(models.Model):
    assistant = models.CharField(max_length=60, db_column="assistant_id")
    settings = models.JSONField(default=dict)
    note = models.TextField()

    class Meta:
        db_table = "calls"
`
}

for (const [name, text] of Object.entries(files)) {
  it(`${name}: columns whose name refers to something of another platform`, () => {
    assert.deepStrictEqual(
      schemaHints({ name, text }).map(({ table, column }) => `${table}.${column}`),
      ["calls.assistant_id", "calls.settings"]
    )
  })
}

it("a column that a file names and in which no id was found is told; one with ids is a candidate", async () => {
  const driver = await openDatabase(":memory:")
  await driver.run("CREATE TABLE calls (id integer PRIMARY KEY, assistant_id text, settings text, note text)")
  await driver.run(`INSERT INTO calls VALUES (1, '${old(1)}', '{}', '')`)
  const schemas = Object.entries(files).map(([name, text]) => ({ name, text }))
  const { candidates, unseen } = await detectDatabase(driver, { mappings: simple, schemas })
  assert.deepStrictEqual(
    candidates.map(({ location }) => location.column),
    ["assistant_id"]
  )
  assert.deepStrictEqual(
    unseen.map(({ table, reason }) => [table, reason.slice(0, 35)]),
    [["calls", "settings: schema.prisma calls it Js"]]
  )
  await driver.close()
})
