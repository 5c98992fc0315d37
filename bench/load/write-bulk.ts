import { once } from 'node:events'
import type { Socket } from 'node:net'

const piece = Buffer.alloc(256 * 1024, 'foulweather ')

/** Writes `count` bytes, heeding back-pressure; stops early when the connection closes. */
export async function writeBulk(socket: Socket, count: number): Promise<void> {
  const closed = once(socket, 'close')
  for (let left = count; left > 0 && !socket.destroyed; left -= piece.length) {
    const welcome = socket.write(left < piece.length ? piece.subarray(0, left) : piece)
    if (!welcome) await Promise.race([once(socket, 'drain'), closed])
  }
}
