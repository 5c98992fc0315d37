import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { FoulweatherClient } from '../../../src/client/index.ts'
import { createFoulweather, type Foulweather, type OwnProxy } from '../../../src/index.ts'

/** A server with its admin API, a proxy `web` in front of a real origin, and a client. */
export interface Rig extends AsyncDisposable {
  readonly foulweather: Foulweather
  readonly client: FoulweatherClient
  readonly url: string
  readonly web: OwnProxy
  /** The names of the faults of `web`. */
  faults(): readonly string[]
  /** The status that a request through `web` is answered with. */
  fetched(): Promise<number>
}

export async function startRig(options: { readonly port?: number } = {}): Promise<Rig> {
  const origin = createServer((_request, response) => response.end('fair')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const { port } = origin.address() as AddressInfo
  const foulweather = await createFoulweather({ admin: { port: options.port ?? 0 }, seed: 1 })
  const web = await foulweather.proxy({ name: 'web', upstream: `http://127.0.0.1:${port}` })
  const url = `http://${foulweather.address}`
  return {
    foulweather,
    client: new FoulweatherClient({ url }),
    url,
    web,
    faults: () => foulweather.control.proxy('web').faults.map(({ plan }) => plan.name),
    fetched: async () => {
      const response = await fetch(web.url, { headers: { connection: 'close' } })
      await response.text()
      return response.status
    },
    async [Symbol.asyncDispose]() {
      await foulweather.close()
      origin.close()
      origin.closeAllConnections()
    },
  }
}

/** Another Foulweather between a client and the admin API: what it does to calls is really done to them. */
export interface Detour extends AsyncDisposable {
  readonly way: OwnProxy
  readonly client: FoulweatherClient
  /** `METHOD /path` of every call that is over, without queries. */
  calls(): Promise<readonly string[]>
}

export async function between(rig: Rig): Promise<Detour> {
  const other = await createFoulweather()
  const way = await other.proxy({ name: 'admin', upstream: rig.url })
  return {
    way,
    client: new FoulweatherClient({ url: way.url }),
    async calls() {
      const exchanges = await other.control.dataPlane.exchanges()
      return exchanges.map(({ method, path }) => `${method} ${path.split('?')[0]}`)
    },
    [Symbol.asyncDispose]: () => other.close(),
  }
}

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => {
      throw new Error('it was not rejected')
    },
    (error: unknown) => error,
  )
}
