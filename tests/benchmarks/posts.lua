-- Each request a POST of its own: the lines 'path body' of a file, from its top on.
local lines = {}
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    lines[#lines + 1] = line
  end
end

function request()
  at = at + 1
  if at > #lines then
    io.stderr:write("too few lines\n")
    at = 1
  end
  local path, body = lines[at]:match("^(%S+) ?(.*)$")
  -- A network of its own each: the site counts what comes from one.
  local network = string.format("10.%d.%d.%d", at % 199, math.floor(at / 199) % 199, at % 7)
  return wrk.format("POST", path, {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Host"] = wrk.headers["Host"],
    ["X-Forwarded-For"] = network,
  }, body)
end

function response(status)
  if status ~= 303 then
    io.stderr:write(status, "\n")
  end
end
