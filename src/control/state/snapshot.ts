import { defined } from '../../core/defined.ts'
import type { ControlPlane } from '../control-plane.ts'
import { fieldsOf } from '../fault-fields.ts'
import { ownerOf } from '../profiles/owner.ts'
import { documentOf } from '../proxy-document.ts'
import type { FaultRecord, ProxyRecord } from '../records.ts'
import type { Carried } from './carried.ts'
import { stateText, storedToxic } from './document.ts'

const API = 'api'

/** What of a control plane survives a restart, as text. Records never change, so that the text of each is made once. */
export class StateSnapshot {
  readonly #control: ControlPlane
  readonly #carried: Carried
  readonly #fields = new WeakMap<ProxyRecord, string>()
  readonly #faults = new WeakMap<FaultRecord, string>()

  constructor(control: ControlPlane, carried: Carried) {
    this.#control = control
    this.#carried = carried
  }

  text(): string {
    const { safety, profiles } = this.#control
    const active = profiles.active()
    const inForce = new Set(active.map(({ name }) => ownerOf(name)))
    const all = this.#control.proxies()
    const put = profiles.list().filter(({ source }) => source.kind === 'api')
    return stateText({
      halted: safety.halt === undefined ? undefined : JSON.stringify(safety.halt),
      proxies: [
        ...all.filter(({ owner }) => !inForce.has(owner)).map((proxy) => this.#proxyText(proxy)),
        ...this.#carried.proxies.map((proxy) => JSON.stringify(proxy)),
      ],
      faults: [
        ...all
          .filter((proxy) => inForce.has(proxy.owner) && proxy.faults.some(stays))
          .map((proxy) => `{"proxy":${JSON.stringify(proxy.name)},"faults":${this.#faultsText(proxy)}}`),
        ...this.#carried.faults.map((faults) => JSON.stringify(faults)),
      ],
      profiles: [
        ...put.map(({ name }) => JSON.stringify({ name, text: profiles.text(name) })),
        ...this.#carried.profiles.map((profile) => JSON.stringify(profile)),
      ],
      active: [
        ...active.filter(({ lasting }) => lasting).map(({ name, vars }) => JSON.stringify({ name, vars })),
        ...this.#carried.active.map((activation) => JSON.stringify(activation)),
      ],
    })
  }

  #proxyText(proxy: ProxyRecord): string {
    const fields = textOf(this.#fields, proxy, documentOf)
    const profile = proxy.owner === API ? '' : `,"profile":${JSON.stringify(proxy.owner.slice(ownerOf('').length))}`
    return `{"fields":${fields},"faults":${this.#faultsText(proxy)}${profile}}`
  }

  #faultsText({ faults }: ProxyRecord): string {
    return `[${faults
      .filter(stays)
      .map((fault) => textOf(this.#faults, fault, storedFault))
      .join(',')}]`
  }
}

function textOf<T extends object>(known: WeakMap<T, string>, record: T, make: (record: T) => object): string {
  const text = known.get(record) ?? JSON.stringify(make(record))
  known.set(record, text)
  return text
}

function storedFault({ plan, toxic }: FaultRecord): object {
  return { fields: fieldsOf(plan), ...defined({ toxic: toxic && storedToxic(toxic) }) }
}

/** What ends by itself is not brought back: nobody may be there any more who wants it. */
function stays({ plan, lifetime }: FaultRecord): boolean {
  return plan.owner === API && lifetime === undefined
}
