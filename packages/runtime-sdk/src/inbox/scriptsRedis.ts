/**
 * What is done to an inbox in Redis, each thing in one script, so that nobody sees half of it. Times are the server's.
 *
 * All keys begin with `base`:
 * - `data`: hash of bodies and what belongs to them, by id; `seqs`: their places; `stored`: when, as a sorted set
 * - `fresh`: sorted set of what may be taken, by place; with an order instead one for each line, `line:0` …
 * - `due`: what failed, by when it is due; `locked`: what is in hand, by when its lock ends; `locks`: whose it is
 * - `attempts`, `lapses`, `alone`: of those that have any
 * - `parked`, `reasons`; `done`: ids that were handled, by when
 */
import * as Redis from "effect/persistence/Redis"

const prelude = `
local base = KEYS[1]
local function k(name) return base .. name end
local function millis()
  local t = redis.call("TIME")
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
local function text(n) return string.format("%.0f", n) end
-- One command for many: Lua unpacks no more than some thousands.
local function bulk(command, name, list)
  for i = 1, #list, 1000 do
    redis.call(command, k(name), unpack(list, i, math.min(i + 999, #list)))
  end
end
local function fetch(name, ids)
  local values = {}
  for i = 1, #ids, 1000 do
    for _, value in ipairs(redis.call("HMGET", k(name), unpack(ids, i, math.min(i + 999, #ids)))) do
      values[#values + 1] = value
    end
  end
  return values
end
-- What takes turns with each of them in a list.
local function pairsOf(list, first, second)
  local all = {}
  for i, one in ipairs(list) do
    all[2 * i - 1] = first(one, i)
    all[2 * i] = second(one, i)
  end
  return all
end
local function itself(id) return id end
-- Where they wait when they may be taken.
local function places(ids)
  local by = {}
  for i, line in ipairs(fetch("lines", ids)) do
    local name = line and "line:" .. line or "fresh"
    by[name] = by[name] or {}
    table.insert(by[name], ids[i])
  end
  return by
end
local function unlock(ids)
  bulk("ZREM", "locked", ids)
  bulk("HDEL", "locks", ids)
  bulk("SREM", "alone", ids)
end
local function drop(ids)
  unlock(ids)
  for name, some in pairs(places(ids)) do bulk("ZREM", name, some) end
  for _, name in ipairs({"due", "stored"}) do bulk("ZREM", name, ids) end
  for _, name in ipairs({"attempts", "lapses"}) do bulk("HDEL", name, ids) end
end
local function erase(ids, now)
  if #ids == 0 then return end
  drop(ids)
  bulk("ZREM", "parked", ids)
  for _, name in ipairs({"reasons", "data", "seqs", "lines", "requeued"}) do bulk("HDEL", name, ids) end
  bulk("ZADD", "done", pairsOf(ids, function() return text(now) end, itself))
end
local function wait(ids)
  for name, some in pairs(places(ids)) do
    local seqs = fetch("seqs", some)
    bulk("ZADD", name, pairsOf(some, function(_, i) return seqs[i] end, itself))
  end
end
-- Those of the pairs of id and lock behind \`first\` whose lock is still held.
local function held(first)
  local ids, locks = {}, {}
  for i = first, #ARGV, 2 do
    ids[#ids + 1] = ARGV[i]
    locks[#locks + 1] = ARGV[i + 1]
  end
  local ours = {}
  for i, lock in ipairs(fetch("locks", ids)) do
    if lock == locks[i] then ours[#ours + 1] = ids[i] end
  end
  return ours
end
-- A server whose memory is full refuses a script whose first write may need more of it. What hands deliveries out, and
-- what keeps them in one hand, goes on: only so is there room again.
local function despite() redis.call("ZREM", k("locked"), "") end
-- Wakes who listens; a role that may not say so does without.
local function notify() redis.pcall("PUBLISH", k("stored"), "") end
`

const make = <Args extends ReadonlyArray<unknown>, Result>(
  args: (...args: Args) => ReadonlyArray<string | number>,
  lua: string
) =>
  Redis.script((base: string, ...rest: Args) => [base, ...args(...rest)], {
    numberOfKeys: 1,
    lua: prelude + lua
  }).withReturnType<Result>()

/** Triples of id, line ("" without an order) and data; gives how many were new. */
export const offer = make<[triples: ReadonlyArray<string>], number>(
  (triples) => triples,
  `
local ids = {}
for i = 1, #ARGV, 3 do ids[#ids + 1] = ARGV[i] end
local known = fetch("seqs", ids)
local new, data, lines = {}, {}, {}
for i, id in ipairs(ids) do
  if not known[i] and not data[id] and not redis.call("ZSCORE", k("done"), id) then
    new[#new + 1] = id
    data[id] = ARGV[3 * i]
    if ARGV[3 * i - 1] ~= "" then lines[#lines + 1], lines[#lines + 2] = id, ARGV[3 * i - 1] end
  end
end
if #new == 0 then return 0 end
local now = text(millis())
local before = redis.call("INCRBY", k("seq"), #new) - #new
bulk("HSET", "data", pairsOf(new, itself, function(id) return data[id] end))
bulk("HSET", "seqs", pairsOf(new, itself, function(_, i) return text(before + i) end))
bulk("HSET", "lines", lines)
bulk("ZADD", "stored", pairsOf(new, function() return now end, itself))
wait(new)
notify()
return #new`
)

/** Writes what needs memory, as `offer` does, and removes it. */
export const probe = make<[], void>(
  () => [],
  `
redis.call("HSET", k("probe"), "probe", "")
redis.call("HDEL", k("probe"), "probe")`
)

/**
 * Completes what pairs of id and lock name, then takes. Gives now, when the next is due ("" for never), and quadruples of
 * id, data, attempts, lapses.
 */
export const take = make<
  [
    wish: readonly [max: number, lapsedBefore: number, lockMillis: number, lock: string, lines: number],
    handled: ReadonlyArray<string>
  ],
  ReadonlyArray<string>
>(
  (wish, handled) => [...wish, ...handled],
  `
local max, lapsed, ttl, lock, lines = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local now = millis()
erase(held(6), now)
local ends = math.min(now, lapsed)
local out = { text(now), "" }
local taken = 0
local function claim(ids)
  if #ids == 0 then return end
  despite()
  bulk("ZREM", "due", ids)
  if lines == 0 then bulk("ZREM", "fresh", ids) end
  bulk("ZADD", "locked", pairsOf(ids, function() return text(now + ttl) end, itself))
  bulk("HSET", "locks", pairsOf(ids, itself, function() return lock end))
  local data, attempts, lapses = fetch("data", ids), fetch("attempts", ids), fetch("lapses", ids)
  for i, id in ipairs(ids) do
    for _, one in ipairs({ id, data[i], attempts[i] or "0", lapses[i] or "0" }) do out[#out + 1] = one end
  end
  taken = taken + #ids
end
local function claimLapsed(ids)
  despite()
  for _, id in ipairs(ids) do
    redis.call("HINCRBY", k("lapses"), id, 1)
    if redis.call("SREM", k("alone"), id) == 1 then redis.call("HINCRBY", k("attempts"), id, 1) end
  end
  claim(ids)
end
local function first(name, last)
  return redis.call("ZRANGEBYSCORE", k(name), "-inf", text(last), "LIMIT", 0, max - taken)
end
if lines == 0 then
  claimLapsed(first("locked", ends))
  if taken < max then claim(first("due", now)) end
  if taken < max then claim(redis.call("ZRANGE", k("fresh"), 0, max - taken - 1)) end
else
  local lapses, ready = {}, {}
  for line = 0, lines - 1 do
    if #lapses + #ready == max then break end
    local id = redis.call("ZRANGE", k("line:" .. line), 0, 0)[1]
    if id then
      local locked = redis.call("ZSCORE", k("locked"), id)
      local due = redis.call("ZSCORE", k("due"), id)
      if locked then
        if tonumber(locked) <= ends then lapses[#lapses + 1] = id end
      elseif not due or tonumber(due) <= now then
        ready[#ready + 1] = id
      end
    end
  end
  claimLapsed(lapses)
  claim(ready)
end
if taken == 0 then
  local next = math.huge
  for _, name in ipairs({ "due", "locked" }) do
    local first = redis.call("ZRANGEBYSCORE", k(name), "(" .. text(now), "+inf", "WITHSCORES", "LIMIT", 0, 1)
    if first[2] then next = math.min(next, tonumber(first[2])) end
  end
  if next ~= math.huge then out[2] = text(next) end
end
return out`
)

/** Runs a piece for those of the pairs of id and lock whose lock is still held; gives their ids. */
const forHeld = <Args extends ReadonlyArray<string | number>>(count: number, piece: string) =>
  make<[args: Args, pairs: ReadonlyArray<string>], ReadonlyArray<string>>(
    (args, pairs) => [...args, ...pairs],
    `
local ids = held(${count + 1})
if #ids == 0 then return ids end
local now = millis()
${piece}
return ids`
  )

export const extend = forHeld<[lockMillis: number]>(
  1,
  `local ends = text(now + tonumber(ARGV[1]))
despite()
bulk("ZADD", "locked", pairsOf(ids, function() return ends end, itself))`
)
export const begin = forHeld<[]>(0, `despite() bulk("SADD", "alone", ids)`)
export const complete = forHeld<[]>(0, `erase(ids, now)`)
export const release = forHeld<[]>(0, `unlock(ids) wait(ids) notify()`)
export const retry = forHeld<[millis: number, attempts: number]>(
  2,
  `unlock(ids)
bulk("HDEL", "lapses", ids)
bulk("HSET", "attempts", pairsOf(ids, itself, function() return ARGV[2] end))
bulk("ZADD", "due", pairsOf(ids, function() return text(now + tonumber(ARGV[1])) end, itself))`
)
export const park = forHeld<[attempts: number, reason: string]>(
  2,
  `drop(ids)
bulk("HSET", "reasons", pairsOf(ids, itself, function() return ARGV[1] .. " " .. ARGV[2] end))
bulk("ZADD", "parked", pairsOf(ids, function() return text(now) end, itself))`
)

/** Triples of id and time, then data, reason and how often it was put back. */
export const parked = make<[limit: number, afterTime: number, afterId: string], ReadonlyArray<string>>(
  (...args) => args,
  `
local limit, time, id = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local out = {}
local offset = 0
while #out < limit * 5 do
  local page = redis.call("ZRANGEBYSCORE", k("parked"), time, "+inf", "WITHSCORES", "LIMIT", offset, limit)
  if #page == 0 then break end
  offset = offset + limit
  for i = 1, #page, 2 do
    if #out < limit * 5 and (page[i + 1] ~= time or page[i] > id or id == "") then
      for _, one in ipairs({ page[i], page[i + 1], redis.call("HGET", k("data"), page[i]) or "",
        redis.call("HGET", k("reasons"), page[i]) or "0 ", redis.call("HGET", k("requeued"), page[i]) or "0" }) do
        out[#out + 1] = one
      end
    end
  end
end
return out`
)

export const requeue = make<[id: string, line: string], number>(
  (...args) => args,
  `
local id = ARGV[1]
if redis.call("ZREM", k("parked"), id) == 0 then return 0 end
redis.call("HDEL", k("reasons"), id)
redis.call("HINCRBY", k("requeued"), id, 1)
redis.call("HSET", k("seqs"), id, redis.call("INCR", k("seq")))
if ARGV[2] ~= "" then redis.call("HSET", k("lines"), id, ARGV[2]) end
local now = millis()
redis.call("ZADD", k("stored"), text(now), id)
wait({ id })
notify()
return 1`
)

export const discard = make<[id: string], number>(
  (id) => [id],
  `
if not redis.call("ZSCORE", k("parked"), ARGV[1]) then return 0 end
erase({ ARGV[1] }, millis())
return 1`
)

export const forget = make<[ids: ReadonlyArray<string>], number>(
  (ids) => ids,
  `
local known, ids = fetch("seqs", ARGV), {}
for i, id in ipairs(ARGV) do
  if known[i] then ids[#ids + 1] = id end
end
erase(ids, millis())
return #ids`
)

/** waiting, in flight, retrying, most attempts, oldest age, parked, handled, then triples of line, waiting, lag. */
export const stats = make<[lines: number], ReadonlyArray<string>>(
  (lines) => [lines],
  `
local now = millis()
local function age(id)
  local stored = id and redis.call("ZSCORE", k("stored"), id)
  if not stored then return "0" end
  return text(math.max(0, now - tonumber(stored)))
end
local retrying, most = 0, 0
for _, n in ipairs(redis.call("HVALS", k("attempts"))) do
  retrying = retrying + 1
  most = math.max(most, tonumber(n))
end
local out = { text(redis.call("ZCARD", k("stored"))), text(redis.call("ZCARD", k("locked"))), text(retrying), text(most),
  age(redis.call("ZRANGE", k("stored"), 0, 0)[1]), text(redis.call("ZCARD", k("parked"))),
  text(redis.call("ZCOUNT", k("done"), text(now - 60000), "+inf")) }
for line = 0, tonumber(ARGV[1]) - 1 do
  local waiting = redis.call("ZCARD", k("line:" .. line))
  if waiting > 0 then
    out[#out + 1] = text(line)
    out[#out + 1] = text(waiting)
    out[#out + 1] = age(redis.call("ZRANGE", k("line:" .. line), 0, 0)[1])
  end
end
return out`
)

export const sweep = make<[rememberMillis: number, far: number], void>(
  (...args) => args,
  `
local now = millis()
redis.call("ZREMRANGEBYSCORE", k("done"), "-inf", "(" .. text(now - tonumber(ARGV[1])))
for _, name in ipairs({ "due", "locked" }) do
  for _, id in ipairs(redis.call("ZRANGEBYSCORE", k(name), text(now + tonumber(ARGV[2])), "+inf")) do
    redis.call("ZADD", k(name), text(now), id)
  end
end`
)
