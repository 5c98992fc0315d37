import type { Command } from 'commander'
import { z } from 'zod'
import { describeFault, FAULTS, faultDefinition, nearestType } from '../faults/index.ts'
import type { FaultDescription } from '../faults/index.ts'
import { globalOptions } from './connection.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { hint, paint, printTable } from './format.ts'

export function addFaultTypesCommand(program: Command, context: CliContext): void {
  program
    .command('fault-types')
    .summary('list the types of faults, or describe one')
    .description(
      'Lists the types of faults that this version knows, or describes one with its parameters. Needs no server.',
    )
    .argument('[type]', 'the type to describe')
    .addHelpText('after', '\nExamples:\n  $ foulweather fault-types\n  $ foulweather fault-types latency')
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
  const definition = faultDefinition(type)
  if (definition === undefined) throw unknownType(type)
  const description = describeFault(definition)
  context.out(json ? `${JSON.stringify(description)}\n` : describeInText(context, description))
}

function unknownType(type: string): CommandFailure {
  const nearest = nearestType(type)
  const advice =
    nearest === undefined ? `there are: ${FAULTS.map((fault) => fault.type).join(', ')}` : `did you mean ${nearest}?`
  return new CommandFailure(`there is no fault type "${type}" (${advice})`)
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
    const required = schema.required?.includes(name) === true ? 'required' : `default: ${JSON.stringify(fallback)}`
    return `  ${name}: ${[accepts, `(${required})`, description].filter(Boolean).join(' ')}\n`
  })
  const attributes = toxic?.map(({ name, unit }) => `  ${name}: a whole number of ${unit}, or a value with a unit\n`)
  return [
    `${title(type)} (${effect}): ${summary}\n\n${details}\n`,
    ...(parameters.length === 0 ? [] : [`\n${title('Parameters')}\n`, ...parameters]),
    ...(attributes === undefined
      ? []
      : [`\n${title('As a toxic')} (foulweather toxic add -t ${type} -a NAME=VALUE)\n`]),
    ...(attributes?.length === 0 ? ['  no attributes\n'] : (attributes ?? [])),
  ].join('')
}
