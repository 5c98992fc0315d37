// node streams.ts PORT SESSIONS SECONDS BYTES_PER_SECOND STALLS SEED: checked streams both ways through an echo server. Each session
// writes for SECONDS at no more than its rate in pieces of random size, and checks what comes back byte by byte; STALLS is the
// share of reads after which it stops reading for up to 100 ms. Prints the sums and the first errors.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomFor, type Random } from '../../src/core/random.ts'
import { checkedBytes, StreamChecker } from '../../test/support/checked-stream.ts'

const [port = 0, sessions = 1, seconds = 1, bytesPerSecond = 1e6, stalls = 0, seed = 1] = process.argv
  .slice(2)
  .map(Number)
const LARGEST_PIECE = 100_000
const LONGEST_STALL_MS = 100
/** After the last write: what is under way has to arrive within this time. */
const SETTLE_MS = 20_000
const deadline = performance.now() + seconds * 1000

const results = await Promise.all(Array.from({ length: sessions }, (_, i) => session(i + 1)))
console.log(
  JSON.stringify({
    sessions,
    bytes: results.reduce((sum, { bytes }) => sum + bytes, 0),
    errors: results.flatMap(({ error }, i) => (error === undefined ? [] : [`session ${i + 1}: ${error}`])),
  }),
)
process.exit()

async function session(ordinal: number): Promise<{ bytes: number; error: string | undefined }> {
  const random = randomFor(seed, 'streams', ordinal)
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const checker = new StreamChecker(ordinal)
  const endings: string[] = []
  socket.on('error', (error) => endings.push(error.message))
  socket.on('close', () => endings.push('closed from the other side'))
  socket.on('data', (bytes: Buffer) => {
    checker.feed(bytes)
    if (random.next() < stalls) stall(socket, random)
  })
  const sent = await send(socket, ordinal, random)
  const settled = performance.now() + SETTLE_MS
  const waiting = (): boolean => checker.position < sent && checker.error === undefined && endings.length === 0
  while (waiting() && performance.now() < settled) await sleep(20)
  // Whatever comes after the last byte would be invented.
  await sleep(100)
  const error = checker.finish(sent)?.message ?? endings[0]
  socket.destroy()
  return { bytes: checker.position, error }
}

async function send(socket: Socket, seed: number, random: Random): Promise<number> {
  const closed = next(socket, 'close')
  await Promise.race([next(socket, 'connect'), closed])
  const begin = performance.now()
  let sent = 0
  while (performance.now() < deadline && !socket.destroyed) {
    const piece = checkedBytes(seed, sent, 1 + Math.floor(random.next() ** 3 * LARGEST_PIECE))
    sent += piece.length
    if (!socket.write(piece)) await Promise.race([next(socket, 'drain'), closed, sleep(SETTLE_MS)])
    await sleep(Math.max(0, begin + (sent / bytesPerSecond) * 1000 - performance.now()))
  }
  return sent
}

/** Unlike `once` of node:events it does not reject: an error is a result of its session, and the others go on. */
function next(socket: Socket, event: 'connect' | 'drain' | 'close'): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()))
}

function stall(socket: Socket, random: Random): void {
  socket.pause()
  setTimeout(() => socket.resume(), random.next() * LONGEST_STALL_MS)
}
