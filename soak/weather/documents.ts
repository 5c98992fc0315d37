import type { Chance } from '../chance.ts'
import { newFault } from './catalogue.ts'

/** A profile of random faults, and perhaps a proxy of its own; of `spare` port and upstream. */
export function validProfile(name: string, proxies: readonly string[], spare: Spare, chance: Chance): string {
  const faults = Array.from({ length: chance.whole(0, 4) }, (_, index) => {
    const on = chance.anyOf(proxies) ?? ''
    const { body, danger } = newFault(on, `${name}-${index}`, chance)
    // Who connects has to know when a proxy is shut: that is done by calls alone.
    return danger === 'shut' ? [] : [{ on, ...body }]
  }).flat()
  const document = {
    description: `number ${chance.whole(0, 1_000_000)}`,
    active: chance.happens(0.5),
    ...(chance.happens(0.3)
      ? { proxies: { [`own-${name}`]: { listen: `127.0.0.1:${spare.port}`, upstream: spare.upstream } } }
      : {}),
    faults,
  }
  // JSON is YAML.
  return chance.happens(0.5) ? JSON.stringify(document, undefined, 2) : yamlOf(document)
}

export interface Spare {
  readonly port: number
  readonly upstream: string
}

function yamlOf({ description, active, faults, ...rest }: Readonly<Record<string, unknown>>): string {
  const list = faults as readonly unknown[]
  return [
    `description: ${JSON.stringify(description)}`,
    `active: ${String(active)}`,
    ...Object.entries(rest).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    list.length === 0 ? 'faults: []' : 'faults:',
    ...list.map((fault) => `  - ${JSON.stringify(fault)}`),
    '',
  ].join('\n')
}

/** Texts as they come out of hurried hands. */
export function invalidProfile(chance: Chance): string {
  return chance.oneOf([
    'active: true\nfaults: [\n',
    'active: true\nfaults:\n  - { on: calm-raw, type: latncy, latency: 1ms }\n',
    'active: true\nfaults:\n  - { on: calm-raw, type: latency, latency: 250mss }\n',
    'faults:\n  - { on: calm-raw, type: latency, latency: "${nowhere}" }\n',
    'active: perhaps\n',
    'extends: [no-such-profile]\nactive: true\n',
    '<<<<<<< HEAD\nactive: true\n=======\n',
    '\u0000\u0001\u0002',
    '{"active": true, "faults": [{"on": "calm-raw", "type": "noop"}',
  ])
}
