// node emulated.ts RTTS PERCENTS EXCHANGES CONNECTIONS: the exchanges of loss.sh through `foulweather serve` on the loopback, with `latency`
// and `loss`. The first two are lists with commas. Prints a JSON line {"rtt":…,"percent":…,"times":[…]} for each cell.
import { loadServer } from '../../bench/cases/rounds.ts'
import { exchange, faultsFor, REQUEST_BYTES, RESPONSE_BYTES } from '../../bench/cases/fidelity/loss.ts'
import { fromSource } from '../../bench/rivals/foulweather.ts'
import { PROXY } from '../../bench/rivals/rival.ts'

// Leaving by `exit` ends the programs that were started, too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

const [rtts = [], percents = []] = process.argv.slice(2, 4).map((list) => list.split(',').map(Number))
const [exchanges = 1, connections = 1] = process.argv.slice(4).map(Number)

await using upstream = await loadServer('exchange-server.ts', REQUEST_BYTES, RESPONSE_BYTES)()
await using running = await fromSource.relay.start(upstream.port)
for (const rtt of rtts) {
  for (const percent of percents) {
    const faults = faultsFor({ rtt, percent })
    const times = await running.admin?.withFaults(PROXY, faults, () => exchange(running.port, exchanges, connections))
    console.log(JSON.stringify({ rtt, percent, times }))
  }
}
