/**
 * Command-line flags as Go's `flag` package reads them: one or two dashes, `-x v` or `-x=v`, booleans bare or with `=`; reading
 * stops at `--` or at the first argument that is no flag. No argument parser for Node reads single-dash long options.
 */
export interface GoFlag {
  readonly name: string
  /** `bool` flags take no separate value. */
  readonly kind: 'string' | 'bool' | 'int'
  /** As shown in the usage text; empty = none. */
  readonly fallback: string
  readonly usage: string
}

export type GoFlagsOutcome =
  | { readonly kind: 'flags'; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }

/** Booleans answer `true` or `false`; what is not given is not in `values`. */
export function parseGoFlags(argv: readonly string[], flags: readonly GoFlag[]): GoFlagsOutcome {
  const values = new Map<string, string>()
  const rest = [...argv]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg.length < 2 || !arg.startsWith('-') || arg === '--') break
    const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg)
    if (match === null) return wrong(`bad flag syntax: ${arg}`)
    const [, name = '', inline] = match
    const flag = flags.find((each) => each.name === name)
    if (flag === undefined) return name === 'h' || name === 'help' ? { kind: 'help' } : undefinedFlag(name)
    const text = inline ?? (flag.kind === 'bool' ? 'true' : rest.shift())
    if (text === undefined) return wrong(`flag needs an argument: -${name}`)
    const value = READERS[flag.kind](text)
    if (value === undefined) return wrong(`invalid value "${text}" for flag -${name}: parse error`)
    values.set(name, value)
  }
  return { kind: 'flags', values }
}

/** The usage text, as Go prints it. */
export function goUsage(program: string, flags: readonly GoFlag[]): string {
  const lines = [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, kind, usage, fallback }) => {
      const shown = fallback === '' ? '' : ` (default ${kind === 'string' ? JSON.stringify(fallback) : fallback})`
      return `  -${name}${kind === 'bool' ? '' : ` ${kind}`}\n    \t${usage}${shown}\n`
    })
  return `Usage of ${program}:\n${lines.join('')}`
}

const READERS: Readonly<Record<GoFlag['kind'], (text: string) => string | undefined>> = {
  string: (text) => text,
  bool: (text) => {
    if (/^(1|t|T|TRUE|true|True)$/.test(text)) return 'true'
    return /^(0|f|F|FALSE|false|False)$/.test(text) ? 'false' : undefined
  },
  int: (text) => (/^[+-]?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? text : undefined),
}

function undefinedFlag(name: string): GoFlagsOutcome {
  return wrong(`flag provided but not defined: -${name}`)
}

function wrong(message: string): GoFlagsOutcome {
  return { kind: 'wrong', message }
}
