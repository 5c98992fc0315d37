import type { Outcome, ProfileDocument } from '../../src/profiles/document.ts'
import { FoulweatherError } from '../../src/core/errors.ts'
import { parseProfile } from '../../src/profiles/parse.ts'
import { resolveProfile } from '../../src/profiles/resolve.ts'
import { brief, checkRefusal, hold, same } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import type { FuzzTarget } from '../target.ts'

const NAME = { name: 'p', file: 'p.yaml' }
const MOST_PROBLEMS = 50

/** Documents of profiles: text, tree, envelope, variables, what they extend. */
export const profile: FuzzTarget = {
  name: 'profile',
  about: 'profiles as YAML and JSON, parsed and resolved',
  code: ['src/profiles/'],
  documents: { form: 'yaml' },
  batch: 128,
  tokens: dictionary('profile'),
  open: () => ({ run: check }),
}

function check(input: Buffer): void {
  const text = input.toString()
  const outcome = parseProfile(text, NAME)
  same('parsed twice', view(parseProfile(text, NAME)), view(outcome))
  checkProblems(outcome, text)
  if (!outcome.ok) return
  checkTwin(outcome.value)
  const base = { ...outcome.value, name: 'base', extends: [] }
  const context = {
    find: (name: string) => [outcome.value, base].find((each) => each.name === name),
    vars: {},
    env: { A: '5', BODY: '${delay}' },
  }
  const resolved = resolveProfile(outcome.value, context)
  checkProblems(resolved, text)
  const again = resolveProfile(outcome.value, context)
  same('resolved twice', again.ok, resolved.ok)
  if (!resolved.ok || !again.ok) return
  same(
    'resolved twice',
    again.value.faults.map(({ fields, on }) => ({ fields, on })),
    resolved.value.faults.map(({ fields, on }) => ({ fields, on })),
  )
  for (const fault of resolved.value.faults) hold(fault.place('type.x[1]') !== undefined, 'a fault without a place')
  for (const proxy of resolved.value.proxies.values())
    hold(proxy.place('http.tell') !== undefined, 'a proxy without a place')
}

/** What was read, written as JSON and read again, is the same. */
function checkTwin({ proxies, faults, labels, vars, active, extends: above }: ProfileDocument): void {
  const document = {
    active,
    extends: above.length > 0 ? above : undefined,
    vars: Object.fromEntries([...vars].map(([name, value]) => [name, value ?? null])),
    proxies: Object.fromEntries(proxies),
    faults,
    labels,
  }
  // A variable without a default is written as an object, and one that has none at all is not.
  if ([...vars.values()].includes(undefined)) return
  const twin = parseProfile(JSON.stringify(document), NAME)
  if (!twin.ok)
    return hold(false, `what was read is not read again: ${twin.problems.map(({ message }) => message).join('; ')}`)
  same('written as JSON and read again', [...twin.value.proxies], [...proxies])
  same('written as JSON and read again', twin.value.faults, faults)
  same('written as JSON and read again', [...twin.value.vars], [...vars])
  same('written as JSON and read again', twin.value.labels, labels)
}

function view(outcome: Outcome<ProfileDocument>): unknown {
  if (!outcome.ok) return outcome.problems.map(({ message, code, field, place }) => ({ message, code, field, place }))
  const { places: _, ...rest } = outcome.value
  return rest
}

/** Whatever is wrong has a message of one line, and a place in the text. */
function checkProblems(outcome: Outcome<unknown>, text: string): void {
  if (outcome.ok) return
  // A mark in front is no part of a line.
  const lines = text.replace(/^\ufeff/, '').split('\n')
  hold(outcome.problems.length > 0 && outcome.problems.length <= MOST_PROBLEMS, `${outcome.problems.length} problems`)
  for (const problem of outcome.problems) {
    hold(problem instanceof FoulweatherError, 'a problem that is none')
    checkRefusal(problem)
    const { place, message } = problem
    hold(place !== undefined, `a problem without a place: ${brief(message)}`)
    const line = lines[place.line - 1]
    hold(line !== undefined, `a problem in line ${place.line} of ${lines.length}`)
    hold(place.column >= 1 && place.column <= line.length + 1, `a problem in column ${place.column} of ${line.length}`)
    hold(message.startsWith(`p.yaml:${place.line}:${place.column}: `), `a message without its place: ${brief(message)}`)
    hold(!/[\p{Cc}\p{Cs}\u2028]/u.test(message), `a message with control characters: ${brief(message)}`)
  }
}
