// node echo.ts PORT CONNECTIONS SECONDS: on each connection one message of 64 bytes after the other to an echo server, the next as soon as the one
// before is back. Prints {"open":…} when all connections are there, and at the end {"units":…,"seconds":…,"p50":…,"p99":…,"p999":…,"dropped":…}:
// messages that came back, their times in microseconds, and messages that did not come back.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, count = 1, seconds = 1] = process.argv.slice(2).map(Number)
const SIZE = 64
const OPENING_AT_ONCE = 100
/** Until the code here is compiled its own times are longer than those of what it measures. */
const WARM_UP_MS = 200
/** What is not back so long after the end is lost. */
const PATIENCE_MS = 5000

interface Session {
  ask(): void
  close(): void
}

const message = Buffer.alloc(SIZE, 'e')
/** Nobody looks at what comes in: one for all. */
const buffer = Buffer.alloc(64 * 1024)
const times = createHistogram()
const sessions: Session[] = []
let opened = 0
let outstanding = 0
let answered = 0
let dropped = 0
let begin = Infinity
let end = 0
let last = 0

await Promise.all(
  Array.from({ length: OPENING_AT_ONCE }, async () => {
    while (opened < count) {
      opened++
      sessions.push(await open())
    }
  }),
)
console.log(JSON.stringify({ open: sessions.length }))
// Whoever waits for that line looks every now and then only.
await sleep(100)

begin = performance.now()
end = begin + seconds * 1000
for (const session of sessions) session.ask()
await sleep(seconds * 1000)
const patience = performance.now() + PATIENCE_MS
const isWaited = (): boolean => outstanding > 0 && performance.now() < patience
while (isWaited()) await sleep(5)
const [p50, p99, p999] = [50, 99, 99.9].map((share) => times.percentile(share) / 1000)
const took = (last - begin) / 1000
console.log(JSON.stringify({ units: answered, seconds: took, p50, p99, p999, dropped: dropped + outstanding }))
for (const session of sessions) session.close()

async function open(): Promise<Session> {
  let sentAt = 0
  let received = 0
  let waiting = false
  const ask = (): void => {
    waiting = true
    outstanding++
    sentAt = performance.now()
    socket.write(message)
  }
  const callback = (bytes: number): boolean => {
    received += bytes
    if (received < SIZE) return true
    received -= SIZE
    const now = performance.now()
    waiting = false
    outstanding--
    answered++
    last = now
    if (now - begin > WARM_UP_MS) times.record(Math.max(1, Math.round((now - sentAt) * 1e6)))
    if (now < end) ask()
    return true
  }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
  socket.on('error', () => {})
  socket.once('close', () => {
    // A connection that is gone asks no more; that is what makes it worse than a late answer.
    if (!waiting) return
    waiting = false
    outstanding--
    dropped++
  })
  await once(socket, 'connect')
  return { ask, close: () => socket.destroy() }
}
