import { shapeOf } from '../../src/cli/field-shape.ts'
import { describeCommonFields } from '../../src/faults/common-fields.ts'
import type { ParamsJsonSchema } from '../../src/faults/index.ts'
import { table } from './markdown.ts'

/** What the descriptions of the schema leave out. Markdown; a field without an entry is said by its description alone. */
const DETAILS: Readonly<Record<string, string>> = {
  name: 'It names the fault in the API, in metrics, in the log and in the endings that it causes. It cannot be changed.',
  type: 'It cannot be changed.',
  direction:
    '`upstream` = bytes from the client to the server, `downstream` = bytes from the server to the client. Some types know fewer directions, or act on the whole proxy and know none.',
  probability:
    'Drawn once for each session (see `per`), from a generator of its own: the same seed and the same order of sessions give the same selection. Changing `probability`, `per` or `match` ' +
    'draws again for live sessions; changing anything else does not. Also written as `30%`.',
  per: '`session`: once for each session. `chunk`: for each chunk as it comes in; one that is not selected passes as if the fault were not there. Only some types can be drawn per chunk.',
  match:
    'All that is given has to hold. `client` counts as given once one of its addresses or networks holds the client. The parts of `session` follow each other: leave out `skip`, take the `first` so many, of ' +
    'these each `every`-th, and `max` at most. The probability is drawn for what matches.',
  existing: '`skip`: it leaves them alone. `reset`: they are reset (RST), so that their clients come again.',
  on_remove: '`reset`: they are reset (RST).',
  schedule:
    'Outside its windows it is as if it were not there. Changing the schedule, the ramp or the limits begins all three anew.',
  ramp: 'At the end the value stays where it is. On the command line: `--ramp latency=0ms..500ms/5m`, once for each parameter.',
  ttl: 'Counted from when it was added, or from the update that gives it. A fault that is meant for an experiment should have one: it goes even if whoever added it is gone.',
  limits: 'A fault that is spent stays in the list and does nothing.',
}

/** A table of the fields that every fault has, with the parts of those that have some. */
export function commonFieldsTable(): string {
  const fields = Object.entries(shapeOf(describeCommonFields()).fields)
  const rows = fields.flatMap(([name, schema]) => {
    const own = [`\`${name}\``, [schema.description ?? '', DETAILS[name] ?? ''].join(' ').trim()]
    return [own].concat(partsOf(name, schema))
  })
  return table(['field', 'meaning'], rows)
}

function partsOf(name: string, schema: ParamsJsonSchema): string[][] {
  const { fields, values } = shapeOf(schema)
  const inner = values === undefined ? fields : Object.fromEntries([['<parameter>', values]])
  return Object.entries(inner).flatMap(([part, each]) => {
    const path = `${name}.${part}`
    const own = values === undefined ? [[`\`${path}\``, each.description ?? '']] : []
    return own.concat(partsOf(path, each))
  })
}
