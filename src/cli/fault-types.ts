import type { Command } from 'commander'
import { z } from 'zod'
import { describeFault, FAULTS } from '../faults/index.ts'
import type { FaultDescription } from '../faults/index.ts'
import { globalOptions } from './connection.ts'
import { type CliContext, EXIT } from './context.ts'
import { knownType } from './fault-type.ts'
import { hint, paint, printTable } from './format.ts'

export function addFaultTypesCommand(program: Command, context: CliContext): void {
  addTypesCommand(program, 'fault-types', 'fault-types', context)
}

/** Also as `fault types`, where those who know `fault add` look for it. */
export function addTypesCommand(parent: Command, name: string, typed: string, context: CliContext): void {
  parent
    .command(name)
    .summary('list the types of faults, or describe one')
    .description(
      'Lists the types of faults that this version knows, or describes one with its parameters. Needs no server.',
    )
    .argument('[type]', 'the type to describe')
    .addHelpText('after', `\nExamples:\n  $ foulweather ${typed}\n  $ foulweather ${typed} latency`)
    .action((type: string | undefined, _options: object, command: Command) => {
      const json = globalOptions(command).json === true
      if (type === undefined) list(context, json)
      else describe(context, type, json)
    })
}

function list(context: CliContext, json: boolean): void {
  const descriptions = FAULTS.map(describeFault)
  if (json) {
    context.out(`${JSON.stringify(descriptions)}\n`)
    return
  }
  printTable(
    context,
    [
      { title: 'Type', text: ({ type }) => type },
      { title: 'Effect', text: ({ effect }) => effect },
      { title: 'Summary', text: ({ summary }) => summary },
    ],
    descriptions,
  )
  hint(context, 'Describe one: foulweather fault-types TYPE')
}

function describe(context: CliContext, type: string, json: boolean): void {
  const description = describeFault(knownType(type, EXIT.failed))
  context.out(json ? `${JSON.stringify(description)}\n` : describeInText(context, description))
}

const parameterShape = z.looseObject({
  description: z.string().optional(),
  default: z.unknown().optional(),
  accepts: z.string().optional(),
})

function describeInText(
  context: CliContext,
  { type, effect, summary, details, schema, toxic }: FaultDescription,
): string {
  const title = (text: string): string => paint(context, 'bold', text)
  const parameters = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description, default: fallback, accepts } = parameterShape.parse(property)
    const optional = fallback === undefined ? 'optional' : `default: ${JSON.stringify(fallback)}`
    const required = schema.required?.includes(name) === true ? 'required' : optional
    return `  ${name}: ${[accepts, `(${required})`, description].filter(Boolean).join(' ')}\n`
  })
  const attributes = toxic?.map(
    ({ name, unit }) =>
      `  ${name}: a ${unit === '0…1' ? 'share, 0 to 1 or 30%' : `whole number of ${unit}, or a value with a unit`}\n`,
  )
  return [
    `${title(type)} (${effect}): ${summary}\n\n${details}\n`,
    ...(parameters.length === 0
      ? []
      : [`\n${title('Parameters')} (foulweather fault add PROXY ${type} --help shows their flags)\n`, ...parameters]),
    ...(attributes === undefined
      ? []
      : [`\n${title('As a toxic')} (foulweather toxic add -t ${type} -a NAME=VALUE)\n`]),
    ...(attributes?.length === 0 ? ['  no attributes\n'] : (attributes ?? [])),
  ].join('')
}
