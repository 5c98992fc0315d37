import { faultStatus } from '../admin/fault-status.ts'
import type { FaultHandle } from '../client/fault-handle.ts'
import type { FaultOf, FaultType } from '../client/fault-input.ts'
import type { ProxyInput } from '../client/views.ts'
import type { By } from '../control/by.ts'
import type { ControlPlane } from '../control/control-plane.ts'
import type { FaultRecord, ProxyRecord } from '../control/records.ts'
import { joinHostPort, parseAddress } from '../core/address.ts'
import { FoulweatherError, type ErrorCode } from '../core/errors.ts'
import type { SessionFilter, SessionInfo } from '../engine/data-plane.ts'
import { countingNames } from './names.ts'

/** A proxy as it is written; its name and its address are found where they are not given. */
export type OwnProxyInput = Omit<ProxyInput, 'name'> & Partial<Pick<ProxyInput, 'name'>>

/** A proxy of this process. Disposal deletes it. */
export interface OwnProxy extends AsyncDisposable {
  readonly name: string
  /** The address that it is bound to. */
  readonly listen: string
  /** What to connect to; the path of a socket file where it is one. */
  readonly host: string
  /** 0 = a socket file. */
  readonly port: number
  /** With protocol `http`, what clients are given: `http://127.0.0.1:35211`. Empty where the protocol is `tcp`, or it listens on a socket file. */
  readonly url: string
  /**
   * Adds a fault, under a name of its own unless it has one (`latency-1`). It goes when it is removed, and with the process.
   *
   * @throws FoulweatherError `missing_field`, `invalid_value`, `fault_exists`, `halted`.
   */
  fault<Type extends FaultType>(fault: FaultOf<Type>): Promise<FaultHandle<Type>>
  /** Runs `body` while the fault is there, and removes it whatever becomes of that. */
  withFault<Type extends FaultType, Result>(
    fault: FaultOf<Type>,
    body: (fault: FaultHandle<Type>) => Result | PromiseLike<Result>,
  ): Promise<Result>
  /** Default: those that live. */
  sessions(state?: NonNullable<SessionFilter['state']>): Promise<readonly SessionInfo[]>
  /** Its sessions are closed. That it has gone already is fine. */
  delete(): Promise<void>
}

const FREE = '127.0.0.1:0'

export async function addProxy(control: ControlPlane, input: ProxyInput, by: By): Promise<OwnProxy> {
  const record = await control.addProxy({ ...input, listen: input.listen ?? FREE }, by)
  const { name, listen } = record
  const nameOf = countingNames()

  const fault = async <Type extends FaultType>(wanted: FaultOf<Type>): Promise<FaultHandle<Type>> => {
    const isTaken = (text: string): boolean => control.proxy(name).faults.some(({ plan }) => plan.name === text)
    const named = { ...wanted, name: wanted.name ?? nameOf(wanted.type, isTaken) }
    return handleOf(control, name, await control.addFault(name, named, by), by)
  }
  const remove = once(() => unlessGone(control.deleteProxy(name, by), ['proxy_not_found']))

  return {
    name,
    listen,
    ...placeOf(record),
    fault,
    async withFault(wanted, body) {
      await using handle = await fault(wanted)
      return await body(handle)
    },
    sessions: async (state = 'live') => control.dataPlane.sessions({ proxy: name, state }),
    delete: remove,
    [Symbol.asyncDispose]: remove,
  }
}

function handleOf<Type extends FaultType>(
  control: ControlPlane,
  proxy: string,
  { plan }: FaultRecord,
  by: By,
): FaultHandle<Type> {
  const { name } = plan
  const remove = once(() => unlessGone(control.removeFault(proxy, name, by), ['proxy_not_found', 'fault_not_found']))
  return {
    name,
    proxy,
    status: async () => faultStatus(control, proxy, control.fault(proxy, name)),
    update: async (patch) => faultStatus(control, proxy, await control.updateFault(proxy, name, { ...patch }, by)),
    remove,
    [Symbol.asyncDispose]: remove,
  }
}

async function unlessGone(change: Promise<void>, gone: readonly ErrorCode[]): Promise<void> {
  try {
    await change
  } catch (error) {
    if (!(error instanceof FoulweatherError && gone.includes(error.code))) throw error
  }
}

/** A handle takes away what is its own: when it does so again, what has the name by then is another one's. What has failed may be tried again. */
function once(remove: () => Promise<void>): () => Promise<void> {
  let removed: Promise<void> | undefined
  return () =>
    (removed ??= remove().catch((error: unknown) => {
      removed = undefined
      throw error
    }))
}

/** What listens everywhere is reached on this machine. */
const EVERYWHERE: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' }

function placeOf({ listen, protocol, tls }: ProxyRecord): Pick<OwnProxy, 'host' | 'port' | 'url'> {
  const address = parseAddress(listen)
  if (address.kind !== 'tcp') return { host: address.kind === 'unix' ? address.path : '', port: 0, url: '' }
  const host = EVERYWHERE[address.host] ?? address.host
  const port = Number(address.port)
  const scheme = tls?.listen === undefined ? 'http' : 'https'
  return { host, port, url: protocol === 'http' ? `${scheme}://${joinHostPort(host, port)}` : '' }
}
