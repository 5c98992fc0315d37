import { type Fields, isFields } from '../../core/fields.ts'
import { defined } from '../../core/defined.ts'
import type { Clock } from '../../core/clock.ts'
import { fieldsOf } from '../fault-fields.ts'
import { documentOf } from '../proxy-document.ts'
import type { FaultRecord, ProxyRecord } from '../records.ts'

/**
 * What is running, as the fields of a profile. A fault that has a `ttl` has what is left of it; one that is leased belongs to its controller, and is
 * left out, as are the limits of several faults together.
 *
 * @param secrets with the keys of certificates; without them a proxy that has some cannot be made again.
 */
export function exportFields(proxies: readonly ProxyRecord[], secrets: boolean, clock: Clock): Fields {
  const entries = proxies.map((record) => {
    const { name: _name, ...fields } = documentOf(record)
    return [record.name, secrets ? fields : withoutKeys(fields)] as const
  })
  const faults = proxies.flatMap(({ name, faults: all }) =>
    all.filter(({ lifetime }) => lifetime?.lease === undefined).map((fault) => faultFields(name, fault, clock)),
  )
  return {
    description: `What was running at ${new Date().toISOString()}`,
    proxies: escaped(Object.fromEntries(entries)),
    faults: faults.map(escaped),
  }
}

function faultFields(proxy: string, { plan, lifetime }: FaultRecord, clock: Clock): Fields {
  const ttl = lifetime?.ttlUntil === undefined ? undefined : Math.max(1, Math.round(lifetime.ttlUntil - clock.now()))
  return { on: [proxy], ...fieldsOf(plan), ...defined({ ttl }) }
}

function withoutKeys(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name !== 'key')
      .map(([name, value]) => [name, isFields(value) ? withoutKeys(value) : value]),
  )
}

/** `${` would be read as a variable. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${')
  if (Array.isArray(value)) return value.map(escaped)
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, escaped(each)]))
}
