// node chatter.ts PORT SESSIONS PER_SECOND SECONDS: small messages to an echo server, PER_SECOND in all, in turn on SESSIONS connections.
// Prints {"open":…} when all are open, and at the end {"answered":…,"seconds":…,"roundTrips":[…]}: round trips in milliseconds.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, count = 0, perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number)
const SIZE = 16
/** A session that has so many answers outstanding is passed over: what does not go through is not piled up. */
const MOST_OUTSTANDING = 50
const OPENING_AT_ONCE = 100

interface Session {
  readonly socket: Socket
  readonly sent: number[]
}

const message = Buffer.alloc(SIZE, 'c')
/** Nobody looks at what comes in: one for all. */
const buffer = Buffer.alloc(64 * 1024)
const roundTrips: number[] = []
let firstAnswerAt = Infinity
const sessions: Session[] = []
await Promise.all(
  Array.from({ length: OPENING_AT_ONCE }, async () => {
    while (sessions.length < count) await open()
  }),
)
console.log(JSON.stringify({ open: sessions.length }))
// Whoever waits for that line looks every now and then only.
await sleep(100)

const begin = performance.now()
const end = begin + seconds * 1000
let turn = 0
for (let done = 0; performance.now() < end; await sleep(1)) {
  for (const due = ((performance.now() - begin) / 1000) * perSecond; done < due; done++) {
    const session = sessions[turn++ % count]
    if (session === undefined || session.sent.length >= MOST_OUTSTANDING) continue
    session.sent.push(performance.now())
    session.socket.write(message)
  }
}
const answered = roundTrips.length
// From the first answer on: those to the last messages are not waited for, so that the first have to be left out of the time.
const took = (performance.now() - firstAnswerAt) / 1000
console.log(
  JSON.stringify({ answered, seconds: took, roundTrips: roundTrips.map((ms) => Math.round(ms * 1000) / 1000) }),
)
for (const { socket } of sessions) socket.destroy()

async function open(): Promise<void> {
  const sent: number[] = []
  let pending = 0
  const callback = (bytes: number): boolean => {
    const now = performance.now()
    firstAnswerAt = Math.min(firstAnswerAt, now)
    for (pending += bytes; pending >= SIZE; pending -= SIZE) roundTrips.push(now - (sent.shift() ?? now))
    return true
  }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
  sessions.push({ socket, sent })
  await once(socket, 'connect')
}
