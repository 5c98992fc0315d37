// node autocannon.ts PORT PATH CONNECTIONS REQUESTS keep-alive|close: GETs. Prints {"units":…,"bad":…,"seconds":…,"p50":…,"p99":…,"p999":…}: answers,
// those of them that were not 2xx, and milliseconds.
import autocannon from 'autocannon'

const [port, path = '/', connections, amount, connection = 'keep-alive'] = process.argv.slice(2)

const result = await autocannon({
  url: `http://127.0.0.1:${port}${path}`,
  connections: Number(connections),
  amount: Number(amount),
  timeout: 10,
  headers: { connection },
})
if (result.errors > 0) throw new Error(`${result.errors} requests failed`)
const { '2xx': good, non2xx: bad, duration: seconds, latency } = result
console.log(
  JSON.stringify({ units: good + bad, bad, seconds, p50: latency.p50, p99: latency.p99, p999: latency.p99_9 }),
)
