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
    'Drawn once for each exchange or session (see `per`), from a generator of its own: the same seed and the same order give the same selection. Changing `probability`, `per` or `match` ' +
    'draws again for live sessions; changing anything else does not. Also written as `30%`.',
  per:
    '`session`: once for each session. `exchange`: once for each request and its response. `chunk`: for each chunk as it comes in; one that is not selected passes as if the fault were not there. Which of ' +
    'these a type can be drawn for is on its page.',
  match:
    'All that is given has to hold. Where a list is given, one of it is enough. Patterns are whole texts with `*` for anything and `?` for one character, or regular expressions (RE2) between slashes, `/^\\/api\\//i`. The parts of `session` follow each other: leave out `skip`, take the `first` ' +
    'so many, of these each `every`-th, and `max` at most. The probability is drawn for what matches.',
  count:
    'The parts follow each other as those of `match.session`: `first: 2` works on two, and then no more. The probability is drawn for what is counted in.',
  outcomes: 'Such as `[{"weight": 9, "pass": true}, {"weight": 1, "status": 503}]`. At most 100.',
  existing: '`skip`: it leaves them alone. `reset`: they are reset (RST), so that their clients come again.',
  on_remove: '`reset`: they are reset (RST).',
  schedule:
    'Outside its windows it is as if it were not there. Changing the schedule, the ramp or the limits begins all three anew.',
  ramp: 'At the end the value stays where it is. On the command line: `--ramp latency=0ms..500ms/5m`, once for each parameter.',
  ttl: 'Counted from when it was added, or from the update that gives it. A fault that is meant for an experiment should have one: it goes even if whoever added it is gone.',
  limits:
    'For what works on exchanges, exchanges are counted instead of sessions. A fault that is spent stays in the list and does nothing.',
}

/** A table of the fields that every fault has, with the parts of those that have some. */
export function commonFieldsTable(): string {
  const { exclude, ...fields } = shapeOf(describeCommonFields()).fields
  const rows = Object.entries(fields).flatMap(([name, schema]) => [rowOf(name, schema)].concat(partsOf(name, schema)))
  return table(['field', 'meaning'], exclude === undefined ? rows : withExclude(rows, exclude))
}

/** Behind `match`, whose parts it has again. */
function withExclude(rows: readonly string[][], schema: ParamsJsonSchema): readonly string[][] {
  const parts = Object.keys(shapeOf(schema).fields).map((part) => `\`${part}\``)
  const [name = '', text = ''] = rowOf('exclude', schema)
  const row = [name, `${text} Its parts are ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}, as in \`match\`.`]
  const at = rows.findLastIndex(([field]) => field?.startsWith('`match') === true) + 1
  return rows.toSpliced(at, 0, row)
}

function rowOf(name: string, schema: ParamsJsonSchema): string[] {
  return [`\`${name}\``, [schema.description ?? '', DETAILS[name] ?? ''].join(' ').trim()]
}

/** Of an object, and of the objects of a list. */
function partsOf(name: string, schema: ParamsJsonSchema): string[][] {
  const { fields, values, items } = shapeOf(schema)
  if (items !== undefined) return partsOf(`${name}[]`, items)
  const inner = values === undefined ? fields : { ...fields, '<parameter>': values }
  return Object.entries(inner).flatMap(([part, each]) => {
    const path = `${name}.${part}`
    const own = part === '<parameter>' ? [] : [[`\`${path}\``, each.description ?? '']]
    return own.concat(partsOf(path, each))
  })
}
