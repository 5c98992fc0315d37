import { Command, CommanderError } from 'commander'
import { FoulweatherError } from '../core/errors.ts'
import { NAME, VERSION } from '../version.ts'
import { addGlobalOptions } from './connection.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { addAuditCommand } from './audit.ts'
import { addCaCommand } from './ca.ts'
import { addCreateCommand } from './create.ts'
import { addCompletionCommand } from './completion.ts'
import { addDecisionsCommand } from './decisions.ts'
import { addDeleteCommand } from './delete.ts'
import { addDiffCommand } from './diff.ts'
import { addEventsCommand } from './events.ts'
import { addExportCommand } from './export.ts'
import { addFaultCommand } from './fault.ts'
import { addFaultTypesCommand } from './fault-types.ts'
import { addHaltCommand } from './halt.ts'
import { addInspectCommand } from './inspect.ts'
import { addListCommand } from './list.ts'
import { addPopulateCommand } from './populate.ts'
import { addProfileCommand } from './profile.ts'
import { addResetCommand } from './reset.ts'
import { addResumeCommand } from './resume.ts'
import { addSchemaCommand } from './schema.ts'
import { addServeCommand } from './serve.ts'
import { addSessionsCommand } from './sessions.ts'
import { addStatusCommand } from './status.ts'
import { addTailCommand } from './tail.ts'
import { addToggleCommand } from './toggle.ts'
import { addToxicCommand } from './toxic.ts'
import { addValidateCommand } from './validate.ts'

const EXIT_CODES = `
Exit codes:
  ${EXIT.ok}   done
  ${EXIT.failed}   could not be done; stderr says why in one line
  ${EXIT.usage}   the command line is wrong
  ${EXIT.bug}  a bug in foulweather; the log has its stack`

/** The whole command line. */
export function createProgram(context: CliContext): Command {
  const program = new Command(NAME)
    .description('A programmable fault-injection proxy that speaks Toxiproxy’s admin API.')
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', EXIT_CODES)
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .configureOutput({
      writeOut: (text) => context.out(text),
      writeErr: (text) => context.err(text),
      outputError: (text, write) => write(errorLine(text)),
      getOutHasColors: () => context.terminal,
    })
    .exitOverride()
  addGlobalOptions(program)
  for (const add of COMMANDS) add(program, context)
  return program
}

const COMMANDS = [
  addServeCommand,
  addStatusCommand,
  addListCommand,
  addInspectCommand,
  addCreateCommand,
  addToggleCommand,
  addDeleteCommand,
  addPopulateCommand,
  addFaultCommand,
  addToxicCommand,
  addResetCommand,
  addProfileCommand,
  addValidateCommand,
  addDiffCommand,
  addExportCommand,
  addHaltCommand,
  addResumeCommand,
  addSessionsCommand,
  addDecisionsCommand,
  addTailCommand,
  addEventsCommand,
  addAuditCommand,
  addFaultTypesCommand,
  addSchemaCommand,
  addCaCommand,
  addCompletionCommand,
]

/** Runs one command line (without the names of the runtime and the script); answers the exit code. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    // commander has printed its own already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (!(error instanceof CommandFailure || error instanceof FoulweatherError)) throw error
    // Without a text everything has been said.
    if (error.message !== '') context.err(errorLine(error.message))
    return error instanceof CommandFailure ? error.exitCode : EXIT.failed
  }
}

/** One line: commander breaks lines before its suggestions. */
function errorLine(text: string): string {
  return `${NAME}: ${text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')}\n`
}
