import { parseArgs } from 'node:util'

/** Where the demo listens, all on 127.0.0.1. */
export interface DemoPorts {
  readonly pg: number
  readonly web: number
  readonly admin: number
}

export type PortName = keyof DemoPorts

interface PortOption {
  readonly port: number
  readonly variable: string
  readonly what: string
}

const PORTS: Readonly<Record<PortName, PortOption>> = {
  pg: { port: 15432, variable: 'DEMO_PG_PORT', what: 'Postgres through Foulweather' },
  web: { port: 18080, variable: 'DEMO_WEB_PORT', what: 'the web site through Foulweather' },
  admin: { port: 8474, variable: 'DEMO_ADMIN_PORT', what: 'the admin API' },
}

/** Something about the command line or the machine that the user can mend. The message is fit to be shown as it is. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

/** How to choose another port for `name`. */
export function portAdvice(name: PortName): string {
  return `choose another one: npm start -- --${name} PORT, or ${PORTS[name].variable}=PORT npm start`
}

export const HELP = `Usage: npm start -- [options]

Starts Foulweather in front of an embedded Postgres and a small web site, and says what to try.

Options:
${Object.entries(PORTS)
  .map(
    ([name, { port, variable, what }]) =>
      `  --${name} PORT`.padEnd(16) + `port of ${what} (default ${port}, or ${variable})`,
  )
  .join('\n')}
  --help        this text
`

/** Ports from flags, then environment, then defaults. 0 = any free one. `help` = only the help text is wanted. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): DemoPorts | 'help' {
  const { values } = parse(args)
  if (values['help'] === true) return 'help'
  const port = (name: PortName): number => {
    const { port, variable } = PORTS[name]
    const flag = values[name]
    return typeof flag === 'string' ? readPort(`--${name}`, flag) : readPort(variable, env[variable] || String(port))
  }
  return { pg: port('pg'), web: port('web'), admin: port('admin') }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        pg: { type: 'string' },
        web: { type: 'string' },
        admin: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new DemoError(`${(error as Error).message}\n\n${HELP}`, { cause: error })
  }
}

function readPort(name: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new DemoError(`${name}: "${text}" is no port; expected a number from 0 to 65535`)
}
