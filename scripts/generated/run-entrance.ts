import { plainCells } from '../../src/core/cells.ts'
import type { DoorContext, Verdict } from '../../src/core/fault-factory.ts'
import { randomFor } from '../../src/core/random.ts'
import { parseParams } from '../../src/faults/index.ts'
import type { FaultDefinition } from '../../src/faults/define.ts'
import type { Scenario } from './scenario.ts'
import { time, transcript } from './transcript.ts'

interface Event {
  readonly at: number
  readonly happen: (at: number) => void
}

/** Nothing is shared: each is asked once. */
function shared<T extends object>(_scope: string, make: () => T): T {
  return make()
}

const FATES = { hang: 'never answered', reset: 'reset (RST)', close: 'closed' } as const

/**
 * Lets clients connect one after the other to a proxy with the example of the fault.
 * Answers what they see; `undefined`: nothing else than without the fault.
 */
export function entranceTranscript(
  definition: FaultDefinition,
  { count, step, until, stay }: Scenario,
): string | undefined {
  if (definition.connect === undefined && definition.door === undefined) return undefined
  const params = parseParams(definition.type, definition.example)
  const lines: { at: number; text: string }[] = []
  const say = (at: number, text: string): void => void lines.push({ at, text })
  const events: Event[] = []
  const schedule = (at: number, happen: Event['happen']): void => void events.push({ at, happen })
  const cells = plainCells(definition.cells ?? 0)
  const context: DoorContext = {
    random: randomFor(1, 'docs', definition.type),
    counters: { seen: 0, selected: 0, applied: 0 },
    record: () => {},
  }
  const door = definition.door?.(params, context, undefined)
  const inside = new Set<number>()
  const queue: { readonly client: number; readonly accepted: number }[] = []
  let shut = false

  function lookAtDoor(at: number): void {
    const now = door?.shut(at, inside.size) ?? false
    if (now === shut) return
    shut = now
    say(at, shut ? 'the port is shut' : 'the port is open again')
    if (!shut || door === undefined || door.sessions === 'keep' || inside.size === 0) return
    say(
      at,
      `${door.sessions === 'reset' ? 'reset (RST)' : 'closed'}: ${[...inside].map((client) => `client ${client}`).join(', ')}`,
    )
    inside.clear()
  }

  function verdictOn(client: number, at: number): Verdict {
    const random = randomFor(1, 'docs', client, definition.type)
    const asked = { at, active: inside.size }
    const ending = { origin: 'injected', reason: definition.type } as const
    const direction = definition.directions?.[0] ?? 'downstream'
    return (
      definition.connect?.(params, { ...context, random, ending, direction, shared, cells: () => cells }, asked) ?? {}
    )
  }

  function letIn(client: number, accepted: number, at: number, dial: number): void {
    inside.add(client)
    const how = accepted === at ? 'is connected, and let in' : 'is let in'
    say(at, `client ${client} ${how}${dial > 0 ? `; its upstream is connected ${time(dial)} ms later` : ''}`)
    if (stay < Infinity) schedule(at + stay, (now) => leave(client, now))
    lookAtDoor(at)
  }

  function leave(client: number, at: number): void {
    if (!inside.delete(client)) return
    say(at, `client ${client} is done`)
    lookAtDoor(at)
    const first = queue.shift()
    if (first !== undefined) receive(first.client, first.accepted, at)
  }

  function receive(client: number, accepted: number, at: number): void {
    const { wait = 0, dial = 0, instead } = verdictOn(client, accepted)
    if (instead === 'queue') {
      if (accepted === at) say(at, `client ${client} is connected and waits in the queue`)
      queue.push({ client, accepted })
      return
    }
    if (accepted === at && wait > 0) say(at, `client ${client} is connected`)
    const due = Math.max(at, accepted + wait)
    const first = due === accepted ? 'is connected, and ' : 'is '
    schedule(due, (now) => {
      if (instead === undefined) letIn(client, accepted, now, dial)
      else say(now, `client ${client} ${first}${FATES[instead]}`)
    })
  }

  for (let i = 0; i < count; i++) {
    schedule(i * step, (at) => {
      lookAtDoor(at)
      if (shut) say(at, `client ${i + 1}: connection refused`)
      else receive(i + 1, at, at)
    })
  }
  for (;;) {
    events.sort((a, b) => a.at - b.at)
    const wakeAt = door?.wakeAt ?? Infinity
    const next = events[0]
    if (Math.min(next?.at ?? Infinity, wakeAt) > until) break
    if (next === undefined || wakeAt <= next.at) lookAtDoor(wakeAt)
    else events.shift()?.happen(next.at)
  }
  // Everybody is let in as if there were no fault: nothing to see.
  return lines.every(({ text }) => text.endsWith('let in')) ? undefined : transcript(lines)
}
