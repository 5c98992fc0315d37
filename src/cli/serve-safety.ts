import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { LifetimePolicy } from '../control/lifetime.ts'
import { defined, definedOrNone } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultLimits } from '../core/plan.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { readPath } from './file-option.ts'
import { readInputFile } from './input-file.ts'
import { readPositiveCount, readShare, readSpan } from './option-values.ts'
import type { RunOptions } from './run-server.ts'

export interface SafetyServeOptions {
  readonly defaultTtl?: number
  readonly maxTtl?: number
  readonly requireTtl?: boolean
  readonly maxActive?: number
  readonly maxInjections?: number
  readonly maxShare?: number
  readonly maxAddedDelay?: number
  readonly haltFile?: string
  readonly state?: string
  readonly audit?: string
  readonly tokens?: string
}

export function addSafetyOptions(serve: Command): void {
  serve
    .option(
      '--default-ttl <duration>',
      'how long faults and activations stay that say nothing (default: --max-ttl, or until they are removed)',
      readSpan,
    )
    .option('--max-ttl <duration>', 'longest ttl, and lease, that may be asked for (default: any)', readSpan)
    .option('--require-ttl', 'refuse faults and activations without ttl and lease (default: they stay)')
    .option(
      '--max-active <number>',
      'on how many sessions or exchanges all faults together may work at the same time (default: any)',
      readPositiveCount,
    )
    .option(
      '--max-injections <number>',
      'how often all faults together may act; then they are disarmed (default: any)',
      readPositiveCount,
    )
    .option(
      '--max-share <share>',
      'share of the sessions or exchanges, 0 to 1 or such as 30%, that faults may select; with more they are disarmed (default: any)',
      readShare,
    )
    .option(
      '--max-added-delay <duration>',
      'how long faults may hold up a connection, a chunk or an exchange; before they would for longer they are disarmed (default: any)',
      readSpan,
    )
    .option(
      '--halt-file <file>',
      'while this file is there everything is halted; its first line is the reason (default: none)',
      readPath,
    )
    .option(
      '--state <file>',
      'where proxies, faults and active profiles are kept over a restart, but not those with a ttl or lease; it holds keys of certificates (default: nowhere)',
      readPath,
    )
    .option('--audit <file>', 'where each change is recorded, one JSON object per line (default: nowhere)', readPath)
    .option(
      '--tokens <file>',
      'YAML or JSON list of tokens of the admin API, each with name, role (viewer, operator, admin) and token or token_sha256 (default: none; env: FOULWEATHER_TOKENS_FILE)',
      readPath,
    )
}

type SafetyRunOptions = Pick<RunOptions, 'lifetimes' | 'limits' | 'haltFile' | 'stateFile' | 'auditFile'> & {
  readonly admin: Pick<RunOptions['admin'], 'tokens'>
}

/** @throws CommandFailure for options that contradict each other, and tokens that cannot be read. */
export async function safetyRunOptions(options: SafetyServeOptions, context: CliContext): Promise<SafetyRunOptions> {
  const { haltFile, state, audit, maxActive, maxInjections, maxShare, maxAddedDelay } = options
  const limits: FaultLimits | undefined = definedOrNone({ maxActive, maxInjections, maxShare, maxAddedDelay })
  return {
    ...defined({
      lifetimes: lifetimesOf(options),
      limits,
      haltFile: path(haltFile),
      stateFile: path(state),
      auditFile: path(audit),
    }),
    admin: defined({ tokens: await tokensOf(options, context) }),
  }
}

function path(file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(file)
}

function lifetimesOf({ defaultTtl, maxTtl, requireTtl }: SafetyServeOptions): LifetimePolicy | undefined {
  if (defaultTtl !== undefined && maxTtl !== undefined && defaultTtl > maxTtl) {
    const text = `serve: --default-ttl (${defaultTtl} ms) is longer than --max-ttl (${maxTtl} ms) lets anything be`
    throw new CommandFailure(text, EXIT.usage)
  }
  return definedOrNone({ defaultTtl, maxTtl, requireTtl })
}

async function tokensOf({ tokens }: SafetyServeOptions, { env }: CliContext) {
  const file = tokens ?? (env['FOULWEATHER_TOKENS_FILE'] || undefined)
  if (file === undefined) return undefined
  const { readTokens } = await import('../admin/tokens.ts')
  try {
    return readTokens(String(await readInputFile(file)), file)
  } catch (cause) {
    if (!(cause instanceof FoulweatherError || cause instanceof CommandFailure)) throw cause
    throw new CommandFailure(`cannot use the tokens: ${cause.message}`, undefined, cause)
  }
}
