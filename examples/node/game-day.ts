/**
 * What a service looks like from outside while its network misbehaves: a few requests in fair weather, and then in each kind of foul one.
 *
 * node game-day.ts http://localhost:8080
 */
import { FoulweatherClient } from 'foulweather/client'

const REQUESTS = 6

const upstream = process.argv[2] ?? 'http://localhost:8080'
const client = new FoulweatherClient({
  url: process.env['FOULWEATHER_URL'],
  token: process.env['FOULWEATHER_TOKEN'],
  reason: 'game day',
})

const { name, listen } = await client.proxies.create({
  name: `game-day-${process.pid}`,
  listen: '127.0.0.1:0',
  upstream,
})
try {
  await report('fair weather')
  await client.withFault(name, { type: 'http_error', status: 503, count: { every: 3 } }, () =>
    report('each third request is answered 503'),
  )
  await client.withFault(name, { type: 'http_latency', latency: '200ms' }, () => report('answers are 200 ms late'))
  {
    await using _late = await client.fault(name, { type: 'http_latency', latency: '100ms' })
    await using _cut = await client.fault(name, { type: 'http_reset', count: { first: 2 } })
    await report('late, and the first two are reset')
  }
  await report('fair weather again')
} finally {
  await client.proxies.delete(name)
}

async function report(weather: string): Promise<void> {
  const outcomes = new Map<string, number>()
  const start = performance.now()
  for (let request = 0; request < REQUESTS; request++) {
    const outcome = await fetch(`http://${listen}/`, { headers: { connection: 'close' } }).then(
      async (response) => {
        await response.text()
        return String(response.status)
      },
      () => 'no answer',
    )
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const each = Math.round((performance.now() - start) / REQUESTS)
  const counts = [...outcomes].map(([outcome, count]) => `${count} × ${outcome}`).join(', ')
  console.log(`${weather}: ${counts}; ${each} ms each`)
}
