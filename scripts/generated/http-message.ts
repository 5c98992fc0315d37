import type { Socket } from 'node:net'
import type { JumpingClock } from './jumping-clock.ts'

/** What has come of one message, and when (milliseconds). */
export interface SeenMessage {
  /** The lines of the head; empty = not even that has come. */
  readonly head: readonly string[]
  readonly headAt: number
  readonly body: Buffer
  /** As many bytes of the body by then. */
  readonly pieces: readonly { readonly at: number; readonly bytes: number }[]
  /** What the head announces. */
  readonly length: number
  /** When all of it was there; `undefined` = it never was. */
  readonly overAt: number | undefined
  /** How the connection ended that it came on, if it did. */
  readonly ending: { readonly at: number; readonly how: 'closed' | 'reset' } | undefined
}

const HEAD_END = '\r\n\r\n'

/**
 * Reads one message from a socket, by `Content-Length`: all that is spoken here. Answers when it is whole, or when no more comes.
 *
 * @param method of the request, where it is a response.
 */
export function readMessage(socket: Socket, clock: JumpingClock, method?: string): Promise<SeenMessage> {
  const { promise, resolve } = Promise.withResolvers<SeenMessage>()
  let bytes = Buffer.alloc(0)
  let head: readonly string[] = []
  let bodyStart = 0
  let headAt = 0
  let length = 0
  let isReset = false
  const pieces: { at: number; bytes: number }[] = []

  const finish = (isWhole: boolean): void => {
    const at = clock.now()
    resolve({
      head,
      headAt,
      body: bytes.subarray(bodyStart),
      pieces,
      length,
      overAt: isWhole ? at : undefined,
      ending: isWhole ? undefined : { at, how: isReset ? 'reset' : 'closed' },
    })
  }

  socket.on('data', (more: Buffer) => {
    clock.touch()
    bytes = Buffer.concat([bytes, more])
    const end = head.length > 0 ? -1 : bytes.indexOf(HEAD_END)
    if (end >= 0) {
      head = bytes.toString('latin1', 0, end).split('\r\n')
      headAt = clock.now()
      bodyStart = end + HEAD_END.length
      length = bodyLength(head, method)
    }
    if (head.length === 0) return
    const come = bytes.length - bodyStart
    if (come > 0) pieces.push({ at: clock.now(), bytes: come })
    if (come >= length) finish(true)
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    clock.touch()
    isReset ||= error.code === 'ECONNRESET'
  })
  socket.on('close', () => {
    clock.touch()
    finish(false)
  })
  return promise
}

function bodyLength(head: readonly string[], method: string | undefined): number {
  if (method === 'HEAD' || / (?:204|304) /.test(head[0] ?? '')) return 0
  return Number(
    head.map((line) => /^content-length: (\d+)$/i.exec(line)?.[1]).find((value) => value !== undefined) ?? 0,
  )
}
