// node knocks.ts PORT SECONDS GAP_MS: every GAP_MS connects anew and asks an echo server for a byte.
// Prints {"knocks":[[at,open],…]} in milliseconds since 1970, in order; `open` is 1 when the byte came back and 0 when it did not.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, seconds = 0, gapMs = 2] = process.argv.slice(2).map(Number)
const PATIENCE_MS = 2000
const now = (): number => performance.timeOrigin + performance.now()

const knocks: Promise<readonly [at: number, open: 0 | 1]>[] = []
for (const end = now() + seconds * 1000; now() < end; await sleep(gapMs)) knocks.push(knock())
console.log(JSON.stringify({ knocks: await Promise.all(knocks) }))

function knock(): Promise<readonly [at: number, open: 0 | 1]> {
  const at = now()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, timeout: PATIENCE_MS })
  socket.write('k')
  return new Promise((resolve) => {
    const answer = (open: 0 | 1) => (): void => {
      // A reset leaves no TIME_WAIT behind: hundreds of connections a second would use up the ports.
      socket.resetAndDestroy()
      resolve([at, open])
    }
    socket.once('data', answer(1))
    for (const event of ['error', 'end', 'timeout', 'close']) socket.once(event, answer(0))
    socket.on('error', () => {})
  })
}
