import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Rival } from '../../../bench/rivals/rival.ts'

/** A proxy in this process that treats the bytes of one direction as it likes. */
export function rivalThat(relay: (from: Socket, to: Socket) => void, allowHalfOpen = true): Rival {
  return {
    name: 'test',
    summary: '',
    protocol: 'tcp',
    faults: false,
    locate: async () => ({ found: true, version: '1' }),
    async start(upstream) {
      const server = createServer({ allowHalfOpen }, (client) => {
        const target = connect({ port: upstream, host: '127.0.0.1', allowHalfOpen })
        relay(client, target)
        target.pipe(client)
        for (const socket of [client, target]) socket.on('error', () => socket.destroy())
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      return { port, [Symbol.asyncDispose]: async () => void server.close() }
    },
  }
}

/** Passes everything on, with the piece that holds byte `position` changed. */
export function tamper(position: number, change: (bytes: Buffer, offset: number) => readonly Buffer[]) {
  return (from: Socket, to: Socket): void => {
    let seen = 0
    from.on('data', (bytes: Buffer) => {
      const offset = position - seen
      seen += bytes.length
      const here = offset >= 0 && offset < bytes.length
      for (const part of here ? change(bytes, offset) : [bytes]) to.write(part)
    })
    from.on('end', () => to.end())
  }
}
