-- SPDX-License-Identifier: Apache-2.0
-- Questions for wrk: no two the same, of one to three words, a third with a time.
local words = {"parser", "upload", "cache", "release", "retry", "index", "token", "schema", "login", "test", "socket", "queue", "build", "crash", "merge", "branch",
               "deploy", "timeout", "memory", "config"}
local times = {"", "", "+last+week", "+in+march", "", "", "+yesterday", "", "", "+since+monday"}
local n = 0
function request()
    n = n + 1
    local q = "what+about+the+" .. words[n % #words + 1] .. "+" .. words[(n * 7 + 3) % #words + 1] .. "+" .. n .. times[n % #times + 1]
    return wrk.format("GET", "/api/recall?q=" .. q)
end

function done(summary, latency)
    for _, p in ipairs({50, 90, 95, 99}) do io.write(string.format("p%d %.1f ms  ", p, latency:percentile(p) / 1e3)) end
    io.write("\n")
end
