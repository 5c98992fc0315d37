import { isDeepStrictEqual } from 'node:util'
import { FoulweatherError, placeText } from '../../core/errors.ts'
import type { Entry } from '../../profiles/document.ts'
import type { ProxyRecord } from '../records.ts'
import { matchesRecord } from './steps.ts'
import type { CompiledProfile } from './compile.ts'
import { differing } from './differing.ts'
import { ownerOf } from './owner.ts'

/**
 * What cannot be in force at the same time: two profiles that define a proxy differently, or a profile one that the API has made otherwise;
 * two faults of one name on a proxy.
 *
 * @throws FoulweatherError `profile_conflict`, with both places.
 */
export async function refuseConflicts(
  profile: CompiledProfile,
  others: readonly CompiledProfile[],
  find: (name: string) => ProxyRecord | undefined,
): Promise<void> {
  for (const [name, { input, entry }] of profile.proxies) {
    for (const other of others) {
      const theirs = other.proxies.get(name)
      if (theirs === undefined || isDeepStrictEqual(theirs.input, input)) continue
      throw conflict(
        `proxy ${JSON.stringify(name)}`,
        [profile.name, entry],
        [other.name, theirs.entry],
        differing(input, theirs.input),
      )
    }
    const record = find(name)
    if (record === undefined || record.owner !== 'api' || (await matchesRecord(input, record))) continue
    const text = `${whereIs(profile.name, entry)} defines proxy ${JSON.stringify(name)}, which the API has made otherwise (listen ${record.listen}, upstream ${record.upstream}, protocol ${record.protocol}); delete that one, or make both equal`
    throw new FoulweatherError('profile_conflict', text, { field: entry.path, value: name, ...placeOf(entry) })
  }
  for (const [proxy, faults] of profile.faults) {
    for (const { wanted, entry } of faults) {
      const what = `fault ${JSON.stringify(wanted.name)} of proxy ${JSON.stringify(proxy)}`
      for (const other of others) {
        const theirs = other.faults.get(proxy)?.find((fault) => fault.wanted.name === wanted.name)
        if (theirs !== undefined) throw conflict(what, [profile.name, entry], [other.name, theirs.entry], [])
      }
      const there = find(proxy)?.faults.find(({ plan }) => plan.name === wanted.name)
      if (there === undefined || there.plan.owner.startsWith(ownerOf(''))) continue
      const text = `${whereIs(profile.name, entry)} defines ${what}, and there is one already that the API has added (${there.plan.type}); give one of them another name, or remove that one`
      throw new FoulweatherError('profile_conflict', text, { field: entry.path, value: wanted.name, ...placeOf(entry) })
    }
  }
}

function conflict(
  what: string,
  [profile, entry]: readonly [string, Entry],
  [other, theirs]: readonly [string, Entry],
  fields: readonly string[],
): FoulweatherError {
  const differs = fields.length === 0 ? '' : ` (they differ in ${fields.join(', ')})`
  const cure = fields.length === 0 ? 'give one of them another name' : 'make them equal, give one of them another name'
  const text = `${whereIs(profile, entry)} and ${whereIs(other, theirs)}, which is active, both define ${what}${differs}; ${cure}, or deactivate ${other}`
  return new FoulweatherError('profile_conflict', text, { field: entry.path, value: other, ...placeOf(entry) })
}

function whereIs(profile: string, entry: Entry): string {
  const place = entry.place()
  return `profile ${profile} (${place === undefined ? entry.path : `${placeText(place)}, ${entry.path}`})`
}

function placeOf(entry: Entry) {
  const place = entry.place()
  return place === undefined ? {} : { place }
}
