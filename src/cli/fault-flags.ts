import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { describeFault, type FaultDescription, type ParamsJsonSchema } from '../faults/index.ts'
import type { FaultDefinition } from '../faults/define.ts'
import { commonFieldsOf, REMOVABLE, UNCHANGEABLE } from './fault-fields.ts'
import { rampableOf, rampReader } from './fault-ramp.ts'
import { FieldOption, Given } from './field-option.ts'
import { type FieldShape, isObject, isSimpleList, shapeOf, textIn } from './field-shape.ts'
import { isRecord, pairKeys, pairsPattern, readField } from './field-text.ts'
import { showQuantity } from './quantity.ts'

/** One field of a fault as the flags of a command. */
interface Flag {
  readonly field: string
  /** Mostly one; `--x` and `--no-x` for what is true or false. */
  readonly options: readonly Option[]
}

export type FlagPurpose = 'add' | 'update'

/** Gives a command every flag that faults of this type have; answers how to read what was given of them. */
export function addFaultFlags(
  command: Command,
  definition: FaultDefinition,
  purpose: FlagPurpose,
): () => Record<string, unknown> {
  const flags = flagsOf(describeFault(definition), purpose)
  for (const option of flags.flatMap(({ options }) => options)) command.addOption(option)
  return () => given(command, flags)
}

/** Those alone that were typed: the server knows the defaults. */
function given(command: Command, flags: readonly Flag[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const { field, options } of flags) {
    const name = options[0]?.attributeName() ?? ''
    if (command.getOptionValueSource(name) !== 'cli') continue
    const value: unknown = command.getOptionValue(name)
    const read = value instanceof Given ? value.value : value
    if (field === BODY_FILE && isRecord(read)) Object.assign(fields, read)
    else fields[field] = read
  }
  return fields
}

function flagsOf(fault: FaultDescription, purpose: FlagPurpose): readonly Flag[] {
  const parameters = Object.entries(parametersOf(fault)).map(([field, schema]) => {
    const required = fault.schema.required?.includes(field) === true
    const options = optionsOf(field, schema, { purpose, required })
    return { field, options: options.map((option) => option.helpGroup(`Parameters of ${fault.type}:`)) }
  })
  const common = Object.entries(commonFieldsOf(fault))
    .filter(([field]) => purpose === 'add' || !UNCHANGEABLE.has(field))
    .map(([field, schema]) => {
      const options =
        field === 'ramp' ? [rampOption(fault, schema, purpose)] : optionsOf(field, schema, { purpose, required: false })
      return { field, options: options.map((option) => option.helpGroup('Fields that every fault has:')) }
    })
  return [...parameters, ...bodyFile(fault), ...common]
}

const BODY_FILE = 'body_file'

/** A body that is in a file: it is read here, and sent as what it is. */
function bodyFile(fault: FaultDescription): readonly Flag[] {
  const parameters = parametersOf(fault)
  if (parameters['body'] === undefined || parameters['body_base64'] === undefined) return []
  const option = new FieldOption(`${flagName(BODY_FILE)} <file>`, 'The body, from a file; text or not.')
  option.helpGroup(`Parameters of ${fault.type}:`)
  return [{ field: BODY_FILE, options: [option.reads(readBodyFile)] }]
}

function readBodyFile(path: string): object {
  try {
    const bytes = readFileSync(path)
    return isUtf8(bytes)
      ? { body: bytes.toString(), body_base64: null }
      : { body: null, body_base64: bytes.toString('base64') }
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

export function parametersOf({ schema }: FaultDescription): Readonly<Record<string, ParamsJsonSchema>> {
  return shapeOf(schema).fields
}

export function flagName(field: string): string {
  return `--${field.replaceAll('_', '-')}`
}

interface Wanted {
  readonly purpose: FlagPurpose
  readonly required: boolean
}

function optionsOf(field: string, schema: ParamsJsonSchema, wanted: Wanted): readonly Option[] {
  const shape = shapeOf(schema)
  const text = descriptionOf(schema, shape, wanted)
  if (isSwitch(shape)) return switchOptions(field, schema, text, wanted)
  const removable = wanted.purpose === 'update' && REMOVABLE.has(field)
  const flags = `${flagName(field)} <${placeholder(schema, shape)}>`
  const option = new FieldOption(flags, removable ? `${text} "none" takes it away.` : text, suggestionsOf(shape))
  return [option.reads((typed) => (removable && typed === 'none' ? null : readField(schema, typed)))]
}

function suggestionsOf(shape: FieldShape): readonly string[] {
  return isObject(shape) ? pairKeys(shape) : shape.words
}

function isSwitch({ boolean, number, text, words }: FieldShape): boolean {
  return boolean && !number && !text && words.length === 0
}

/** Both spellings work; help shows those that change something. */
function switchOptions(field: string, schema: ParamsJsonSchema, text: string, { purpose }: Wanted): readonly Option[] {
  const on = schema.default === true
  const positive = new Option(flagName(field), text).hideHelp(purpose === 'add' && on)
  const negative = new Option(flagName(`no_${field}`), on ? `Not: ${text}` : 'The opposite.').hideHelp(
    purpose === 'add' && !on,
  )
  return [positive, negative]
}

function rampOption(fault: FaultDescription, schema: ParamsJsonSchema, purpose: FlagPurpose): Option {
  const read = rampReader(rampableOf(fault))
  const text = `${schema.description ?? ''} May be given several times.${purpose === 'update' ? ' "none" takes it away.' : ''}`
  return new FieldOption('--ramp <parameter=from..to/duration>', text).reads((typed, before) =>
    purpose === 'update' && typed === 'none' ? null : { ...(isRecord(before) ? before : {}), ...read(typed) },
  )
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  ms: 'duration',
  bytes: 'size',
  'bytes/s': 'rate',
  '0…1': 'share',
  '%': 'percent',
  '/s': 'frequency',
}

function placeholder(schema: ParamsJsonSchema, shape: FieldShape): string {
  const unit = textIn(schema, 'unit')
  if (isObject(shape)) return 'key=value,…'
  if (isSimpleList(shape)) return 'value,…'
  if (shape.items !== undefined) return 'json'
  if (shape.words.length > 0 && !shape.number && !shape.text)
    return isShort(shape.words) ? shape.words.join('|') : 'word'
  const kind = (unit === undefined ? undefined : PLACEHOLDERS[unit]) ?? (shape.number ? 'number' : 'text')
  return [...shape.words, kind].join('|')
}

/** Longer ones would push all descriptions to the right. */
function isShort(words: readonly string[]): boolean {
  return words.join('|').length <= 24
}

function descriptionOf(schema: ParamsJsonSchema, shape: FieldShape, { purpose, required }: Wanted): string {
  const unit = textIn(schema, 'unit')
  const fallback =
    textIn(schema, 'shownDefault') ?? (schema.default === undefined ? undefined : showQuantity(unit, schema.default))
  const accepts = unit !== undefined && Object.hasOwn(PLACEHOLDERS, unit) ? undefined : textIn(schema, 'accepts')
  const notes = [
    accepts,
    shape.words.length > 0 && !isShort(shape.words) ? shape.words.join(', ') : undefined,
    isObject(shape) ? pairsPattern(shape) : undefined,
    purpose === 'update'
      ? undefined
      : required
        ? 'required'
        : fallback === undefined || isSwitch(shape)
          ? undefined
          : `default: ${fallback}`,
  ].filter((note) => note !== undefined)
  const text = schema.description ?? ''
  return notes.length === 0 ? text : `${text} (${notes.join('; ')})`
}

/** For the end of help. */
export const UNITS_HELP = `
Values:
  duration   milliseconds, or with a unit: 250ms, 1.5s, 800us, 5m, 1h
  size       bytes, or with a unit: 1500B, 64KiB, 1MB
  rate       bytes per second, or with a unit: 20KB/s, 1MiB/s, 10mbit
  share      0 to 1, or 30%
  percent    0 to 100, or 1%
  frequency  times per second, or with a unit: 200/s, 30/m`
