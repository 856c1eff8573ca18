/**
 * The Aywa runtime's HTTP contract, served from one process with SQLite: for development, demos and tests. It places
 * no calls and is never production.
 *
 * @since 0.1.0
 */
export { LocalRuntime, startLocalRuntime } from "./LocalRuntime.ts"
export type { LocalRuntimeOptions } from "./options.ts"
export type { CallHandle, InboundCall } from "./calls/handle.ts"
export type { ScriptMatch, ScriptOptions, ScriptStep } from "./calls/script.ts"
export type { CallPace } from "./calls/steps/step.ts"
export type { Fired } from "./time/clock.ts"
export type { OutboundOptions } from "./outboundOptions.ts"
export type { EmittedEvent, EventFilter, Events } from "./outbox/events.ts"
export type { JobState } from "./outbox/jobs.ts"
export type { WebhookSchedule } from "./outbox/schedule.ts"
export type { Sending } from "./control/handle.ts"
export type { Triggered, TriggerInput } from "./trigger/input.ts"
export type { Faults, LocalRuntimeHandle, StoredRow } from "./runtimeHandle.ts"
export type { ApiKeyInfo, ApiKeyOptions, Role } from "./http/auth.ts"
export type { RuntimeClock } from "./time/clock.ts"
export type { ActiveRule, FaultMatch, FaultRule, When } from "./faults/rule.ts"
export type { BareAction, FaultAction, FaultInput } from "./faults/schemas.ts"
export type { JournalEntry, RequestFilter } from "./http/journal.ts"
export type { ListShape, ListShapes } from "./rows/listing.ts"
export type { RequestLimits } from "./http/body.ts"
export type { RateLimitOptions } from "./http/rateLimit.ts"
export { readSeedRows } from "./rows/seed.ts"
export type { SeedRows } from "./rows/seed.ts"
export { readScenario, scenarioOf, scenarios } from "./faults/scenarios.ts"
export type { Scenario, ScenarioName, Scenarios } from "./faults/scenarios.ts"
export type { Connections } from "./http/server.ts"
export type { StoreLocation } from "./store/Store.ts"
