import { freePort } from './ports.ts'
import { onFreePort, ServerProcess, ServerProgram } from './servers.ts'

export const redisProgram = new ServerProgram('redis-server', 'redis-server')

export interface RedisServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

/** An empty Redis that writes nothing to disk, gone on disposal. */
export async function startRedis(): Promise<RedisServer> {
  return await onFreePort(freePort, async (port) => {
    const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', daemonize: 'no' }
    const server = await ServerProcess.start(redisProgram.path, {
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
      ready: /Ready to accept connections/,
      stopSignal: 'SIGTERM',
      killSignal: 'SIGKILL',
    })
    return { host: '127.0.0.1', port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  })
}
