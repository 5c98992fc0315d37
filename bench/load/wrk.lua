-- wrk -s wrk.lua: adds the quantile that wrk itself does not print, in the manner of those that it prints.
function done(_, latency, _)
  io.write(string.format("   99.9%% %.2fus\n", latency:percentile(99.9)))
end
