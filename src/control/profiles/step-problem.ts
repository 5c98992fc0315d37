import { defined } from '../../core/defined.ts'
import { FoulweatherError } from '../../core/errors.ts'
import { resolveListen } from '../../engine/listen-address.ts'
import type { Entry } from '../../profiles/document.ts'
import { placed } from '../../profiles/placed.ts'
import type { Registry } from '../registry.ts'
import type { StepContext } from './steps.ts'

/** The same error with its place in the profile that asked for the proxy: the system only says which address it would not give. */
export async function stepProblem(
  error: unknown,
  proxy: string,
  context: StepContext,
  registry: Registry,
): Promise<unknown> {
  if (!(error instanceof FoulweatherError)) return error
  const asking = context.active.filter(({ name }) => context.subjects.has(name))
  const wanted = asking.map(({ proxies }) => proxies.get(proxy)).find((each) => each !== undefined)
  if (wanted === undefined) return error
  const { entry, input } = wanted
  if (error.code !== 'listen_failed') return placed(error, entry)
  return placed(ofListen(error, entry, await holderOf(input.listen, proxy, registry)), entry)
}

function ofListen({ code, message, value, expected, cause }: FoulweatherError, entry: Entry, holder?: string) {
  const field = `${entry.path}.listen`
  const who = holder === undefined ? '' : ` (proxy ${JSON.stringify(holder)} listens there)`
  return new FoulweatherError(code, `${field}: ${message}${who}`, { field, value, cause, ...defined({ expected }) })
}

/** Which of our own proxies has the address, if one has. */
async function holderOf(listen: string, proxy: string, registry: Registry): Promise<string | undefined> {
  const place = await placeOf(listen)
  if (place === undefined) return undefined
  for (const other of registry.list()) {
    if (other.enabled && other.name !== proxy && (await placeOf(other.listen)) === place) return other.name
  }
  return undefined
}

/** Two that listen at the same one can be in each other's way: a port, whatever the interface, or a path. */
export async function placeOf(listen: string): Promise<string | undefined> {
  const address = await resolveListen(listen).catch(() => undefined)
  if (address?.kind !== 'tcp') return address?.text
  return address.port === 0 ? undefined : String(address.port)
}
