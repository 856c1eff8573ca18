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
export type { CallPace } from "./calls/steps.ts"
export type { Fired } from "./clock.ts"
export type { OutboundOptions } from "./outboundOptions.ts"
export type { EmittedEvent, EventFilter, Events } from "./outbox/events.ts"
export type { JobState } from "./outbox/jobs.ts"
export type { WebhookSchedule } from "./outbox/schedule.ts"
export type { Sending } from "./sending.ts"
export type { Triggered, TriggerInput } from "./trigger/trigger.ts"
export type { Faults, LocalRuntimeHandle, StoredRow } from "./start.ts"
export type { ApiKeyInfo, ApiKeyOptions, Role } from "./auth.ts"
export type { RuntimeClock } from "./clock.ts"
export type { ActiveRule, FaultMatch, FaultRule, When } from "./faults.ts"
export type { BareAction, FaultAction, FaultInput } from "./faultSchemas.ts"
export type { JournalEntry, RequestFilter } from "./journal.ts"
export type { ListShape, ListShapes } from "./listing.ts"
export type { RequestLimits } from "./limits.ts"
export type { RateLimitOptions } from "./rateLimit.ts"
export { readSeedRows } from "./seedRows.ts"
export type { SeedRows } from "./seedRows.ts"
export { readScenario, scenarioOf, scenarios } from "./scenarios.ts"
export type { Scenario, ScenarioName, Scenarios } from "./scenarios.ts"
export type { Connections } from "./server.ts"
export type { StoreLocation } from "./store.ts"
