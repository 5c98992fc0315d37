import { type Command, Option } from 'commander'
import { CommandFailure, EXIT } from './context.ts'
import { readProbability } from './option-values.ts'
import { type AttributeTexts, readAttribute } from './toxic-attributes.ts'

export interface ToxicOptions {
  readonly name?: string
  /** Toxiproxy's spelling of `--name`. */
  readonly toxicName?: string
  readonly toxicity?: number
  /** Toxiproxy's short spelling of `--toxicity`. */
  readonly tox?: number
  readonly attribute?: AttributeTexts
}

export function addNameOption(command: Command, description: string): Command {
  return command
    .option('-n, --name <toxic>', description)
    .addOption(new Option('--toxicName <toxic>', 'the same').hideHelp())
}

export function addToxicityOption(command: Command, fallback: string): Command {
  return command
    .option(
      '--toxicity <share>',
      `share of sessions it acts on, 0 to 1 or 0% to 100% (default: ${fallback})`,
      readProbability,
    )
    .addOption(new Option('--tox <share>', 'the same').argParser(readProbability).hideHelp())
}

export function addAttributeOption(command: Command): Command {
  return command.option(
    '-a, --attribute <key=value>',
    "an attribute, a whole number in the type's own unit or a value with a unit (250ms, 64KiB, 1MB/s); may be given several times",
    readAttribute,
  )
}

export function nameOf({ name, toxicName }: ToxicOptions): string | undefined {
  return name ?? toxicName
}

/** Not commander's `requiredOption`, because either spelling will do. */
export function requiredNameOf(options: ToxicOptions): string {
  const name = nameOf(options)
  if (name === undefined) throw new CommandFailure("required option '-n, --name <toxic>' not specified", EXIT.usage)
  return name
}

export function toxicityOf({ toxicity, tox }: ToxicOptions): number | undefined {
  return toxicity ?? tox
}
