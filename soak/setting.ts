import type { Api } from './api.ts'
import { CALM, placeName, ROUGH, SERVICES, type Place } from './places.ts'
import { lastingPorts } from './ports.ts'
import type { Upstreams } from './upstreams.ts'
import type { Spare } from './weather/documents.ts'
import { GUESTS } from './weather/schedule.ts'
import { eventually } from '../test/support/wait.ts'

/** Profiles that are files, and such as are put over the API. */
const FILES = ['front', 'squall', 'gale'] as const
export const PUT_PROFILES = ['drizzle', 'sleet']

export interface Setting {
  readonly places: readonly Place[]
  readonly spares: Readonly<Record<string, Spare>>
  /** Ports for proxies that come and go, by name. */
  readonly guests: Readonly<Record<string, number>>
}

/** Makes the proxies. */
export async function arrange(api: Api, { addresses }: Upstreams): Promise<Setting> {
  const ports = [...(await lastingPorts(FILES.length + GUESTS.length + 2 * SERVICES.length))]
  const next = (): number => ports.shift() ?? 0
  const upstream = addresses.raw ?? ''
  const spares = Object.fromEntries(FILES.map((name) => [name, { port: next(), upstream }]))
  const guests = Object.fromEntries(GUESTS.map((name) => [name, next()]))
  const places: Place[] = []
  for (const service of SERVICES) {
    const address = addresses[service]
    if (address === undefined) continue
    for (const mood of [CALM, ROUGH] as const) {
      const port = next()
      const name = placeName(mood, service)
      const protocol = service === 'http' ? 'http' : 'tcp'
      await made(api, { name, listen: `127.0.0.1:${port}`, upstream: address, protocol })
      places.push({ name, mood, service, port })
    }
  }
  await made(api, { name: 'probed', listen: '127.0.0.1:0', upstream })
  return { places, spares, guests }
}

async function made(api: Api, proxy: object): Promise<void> {
  const { status, text } = await api.call('POST', '/v1/proxies', proxy)
  if (status >= 300) throw new Error(`creating ${JSON.stringify(proxy)} answered ${status} ${text}`)
}

/** Takes everything away that the weather has left: faults, profiles, halts. */
export async function clearUp(
  api: Api,
  spares: Setting['spares'],
  unlink: (name: string) => Promise<void>,
): Promise<void> {
  await api.call('POST', '/v1/resume')
  for (const name of Object.keys(spares)) await unlink(name)
  await api.call('POST', '/v1/profiles/reload')
  for (const name of PUT_PROFILES) await api.call('DELETE', `/v1/profiles/${name}`)
  await api.call('POST', '/reset')
  await eventually(
    'nothing is in force any more',
    async () => {
      const [{ faults }, { profiles }] = await Promise.all([
        api.get<{ faults: number }>('/v1/status'),
        api.get<{ profiles: readonly unknown[] }>('/v1/profiles'),
      ])
      // The prober may have made its own anew.
      return faults <= 1 && profiles.length === 0
    },
    60_000,
  )
}
