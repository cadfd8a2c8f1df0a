/**
 * Lua that tells whether a server still has all that was written to it. Shared by every script of this package.
 *
 * `heads` names the lineages, newest first, each `identity:since`. The identity is half of the run id, new at each start,
 * and half of the replication id, new at each promotion, also there and back. It is read in each script, on the server that
 * runs it: an address may have moved since the last one. Another identity, or a caller's lineage that is not among the
 * heads (a server from before a failover), or keys that were evicted: something may be missing, and a lineage begins.
 */
export const SUCCESSION = `
local function field(section, name, length)
  local text = redis.call('INFO', section)
  local _, stop = string.find(text, name .. ':', 1, true)
  return string.sub(text, stop + 1, stop + length)
end
local identity = field('server', 'run_id', 8) .. field('replication', 'master_replid', 8)
local evicted = string.match(field('stats', 'evicted_keys', 20), '^%d+')
local function hasEnded(heads, evictedBefore, known)
  return string.sub(heads, 1, 16) ~= identity or evicted ~= evictedBefore
    or (known ~= '' and not string.find(heads, known, 1, true))
end
local function withNewHead(heads, known, now)
  return string.sub(identity .. ':' .. now .. ',' .. known .. ',' .. heads, 1, 360)
end
`;
