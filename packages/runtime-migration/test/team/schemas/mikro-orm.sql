-- Written by MikroORM 7.2.5 of the tables in ../tables.ts: getCreateSchemaSQL().
create table "accounts" ("id" serial primary key, "name" varchar(120) not null);

create table "agents" ("id" serial primary key, "assistant_id" uuid not null, "name" varchar(120) not null, "prompt" text not null, "config" jsonb not null);
alter table "agents" add constraint "agents_assistant_id_unique" unique ("assistant_id");

create table "agent_versions" ("id" serial primary key, "version" int not null, "assistant_id" uuid not null, "snapshot" jsonb not null);

create table "api_keys" ("id" serial primary key, "label" varchar(120) not null);

create table "audit_log" ("id" serial primary key, "entry" text not null);

create table "call_costs" ("id" serial primary key, "call_id" int not null, "cents" int not null);

create table "call_events" ("id" serial primary key, "call_id" int not null, "kind" varchar(120) not null, "body" jsonb not null);

create table "call_messages" ("id" serial primary key, "call_id" int not null, "content" text not null);

create table "call_recordings" ("id" serial primary key, "call_id" int not null, "path" text not null);

create table "calls" ("id" serial primary key, "assistant_id" uuid not null, "number_id" uuid null, "status" varchar(120) not null, "payload" jsonb not null, "summary" text not null);

create table "campaign_contacts" ("id" serial primary key, "campaign_id" int not null, "contact_id" int not null);

create table "campaigns" ("id" serial primary key, "name" varchar(120) not null, "assistant_id" uuid null, "rules" jsonb not null);

create table "contact_tags" ("id" serial primary key, "contact_id" int not null, "tag_id" int not null);

create table "contacts" ("id" serial primary key, "name" varchar(120) not null, "last_assistant" uuid null);

create table "evaluations" ("id" serial primary key, "call_id" int not null, "assistant_id" uuid null, "verdict" text not null);

create table "experiments" ("id" serial primary key, "variant_a" uuid not null, "variant_b" uuid not null);

create table "feature_flags" ("id" serial primary key, "name" varchar(120) not null, "per_agent" jsonb not null);

create table "files" ("id" serial primary key, "name" varchar(120) not null);

create table "invoice_lines" ("id" serial primary key, "invoice_id" int not null, "label" varchar(120) not null);

create table "invoices" ("id" serial primary key, "account_id" int not null, "cents" int not null);

create table "kb_files" ("id" serial primary key, "knowledge_base_id" int not null, "file_id" int not null);

create table "knowledge_bases" ("id" serial primary key, "tool_id" uuid null, "name" varchar(120) not null);

create table "memberships" ("id" serial primary key, "team_id" int not null, "user_id" int not null);

create table "phone_numbers" ("id" serial primary key, "number_id" uuid not null, "e164" varchar(120) not null, "assistant_id" uuid null);
alter table "phone_numbers" add constraint "phone_numbers_number_id_unique" unique ("number_id");

create table "number_routes" ("id" serial primary key, "number_id" uuid not null, "fallback_assistant" uuid null);

create table "plans" ("id" serial primary key, "name" varchar(120) not null);

create table "schedules" ("id" serial primary key, "assistant_id" uuid not null, "cron" varchar(120) not null);

create table "settings" ("assistant_id" uuid not null, "options" jsonb not null, primary key ("assistant_id"));

create table "subscriptions" ("id" serial primary key, "account_id" int not null, "plan_id" int not null);

create table "tags" ("id" serial primary key, "name" varchar(120) not null);

create table "teams" ("id" serial primary key, "account_id" int not null, "name" varchar(120) not null);

create table "templates" ("id" serial primary key, "source_assistant" uuid null, "body" text not null);

create table "tools" ("id" serial primary key, "tool_id" uuid not null, "name" varchar(120) not null, "definition" jsonb not null);
alter table "tools" add constraint "tools_tool_id_unique" unique ("tool_id");

create table "agent_tools" ("assistant_id" uuid not null, "tool_id" uuid not null, "position" int not null, primary key ("assistant_id", "tool_id"));

create table "transcripts" ("id" serial primary key, "call_id" int not null, "lines" text not null);

create table "users" ("id" serial primary key, "account_id" int not null, "email" varchar(120) not null);

create table "webhook_deliveries" ("id" serial primary key, "webhook_id" int not null, "payload" jsonb not null);

create table "webhooks" ("id" serial primary key, "url" text not null);

create table "workflow_runs" ("id" serial primary key, "workflow_id" int not null, "assistant_id" uuid null, "state" jsonb not null);

create table "workflows" ("id" serial primary key, "name" varchar(120) not null, "graph" jsonb not null);

alter table "agent_versions" add constraint "agent_versions_assistant_id_foreign" foreign key ("assistant_id") references "agents" ("assistant_id");

alter table "calls" add constraint "calls_assistant_id_foreign" foreign key ("assistant_id") references "agents" ("assistant_id");

alter table "phone_numbers" add constraint "phone_numbers_assistant_id_foreign" foreign key ("assistant_id") references "agents" ("assistant_id") on delete set null;

alter table "number_routes" add constraint "number_routes_number_id_foreign" foreign key ("number_id") references "phone_numbers" ("number_id");

alter table "schedules" add constraint "schedules_assistant_id_foreign" foreign key ("assistant_id") references "agents" ("assistant_id");

alter table "agent_tools" add constraint "agent_tools_assistant_id_foreign" foreign key ("assistant_id") references "agents" ("assistant_id") on update cascade on delete cascade;
alter table "agent_tools" add constraint "agent_tools_tool_id_foreign" foreign key ("tool_id") references "tools" ("tool_id") on update cascade on delete cascade;
