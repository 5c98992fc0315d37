import { isIP } from 'node:net'
import { InvalidArgumentError } from 'commander'
import { addressBehindUser, addressInUrl, joinHostPort, parseAddress, readUpstreamUrl } from '../../src/core/address.ts'
import { LONGEST_PATTERN, compilePattern, lowerCasePattern, patternRefusal } from '../../src/core/pattern.ts'
import { readTarget } from '../../src/admin/request-target.ts'
import { readDecisionQuery } from '../../src/admin/decision-query.ts'
import { readExchangeQuery } from '../../src/admin/exchange-query.ts'
import { readSessionQuery } from '../../src/admin/session-query.ts'
import { clientMatch } from '../../src/engine/client-match.ts'
import { matchField } from '../../src/faults/match-fields.ts'
import {
  duration,
  frequency,
  probability,
  rate,
  readDurationText,
  readRateText,
  readSizeText,
  size,
} from '../../src/faults/params.ts'
import { baseUrl } from '../../src/client/transport.ts'
import { parseGoFlags } from '../../src/cli/go-flags.ts'
import * as options from '../../src/cli/option-values.ts'
import { showQuantity } from '../../src/cli/quantity.ts'
import { brief, checkRefusal, hold, outcomeOf, same, sameTwice } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import type { FuzzTarget } from '../target.ts'

/** Everything that is written in a line: addresses, quantities, patterns, values of options, queries. Each input goes through all of them. */
export const texts: FuzzTarget = {
  name: 'texts',
  about: 'addresses, quantities, patterns, values of options, targets and queries of requests',
  code: [
    'src/core/address.ts',
    'src/core/pattern.ts',
    'src/admin/request-target.ts',
    'src/admin/query.ts',
    'src/admin/decision-query.ts',
    'src/admin/exchange-query.ts',
    'src/admin/session-query.ts',
    'src/engine/client-match.ts',
    'src/faults/params.ts',
    'src/faults/match-fields.ts',
    'src/client/transport.ts',
    'src/cli/go-flags.ts',
    'src/cli/option-values.ts',
    'src/cli/quantity.ts',
  ],
  longest: 1200,
  batch: 128,
  tokens: dictionary('texts'),
  open: () => ({ run: check }),
}

function check(input: Buffer): void {
  const text = input.toString()
  checkAddress(text)
  checkQuantities(text)
  checkPattern(text)
  checkOptions(text)
  checkTarget(text)
  checkQueries(text)
}

function checkAddress(text: string): void {
  const address = parseAddress(text)
  same('an address, read twice', parseAddress(text), address)
  if (address.kind === 'bad') hold(address.text.startsWith(`address ${text}: `), `why not: ${brief(address.text)}`)
  if (address.kind === 'unix') same('the path of a socket', `unix:${address.path}`, text)
  if (address.kind === 'tcp') {
    const { host, port } = address
    hold(!port.includes(':'), `a port with a colon: ${brief(port)}`)
    // What is in brackets without a need for them is written without.
    if (!/[[\]]/.test(host)) same('an address, written and read again', parseAddress(joinHostPort(host, port)), address)
  }
  const url = readUpstreamUrl(text)
  if (url?.kind === 'url') {
    const read = parseAddress(url.address)
    hold(read.kind === 'tcp' && /^\d{1,5}$/.test(read.port), `the address of a URL: ${brief(url)}`)
    hold(Number(read.port) >= 1 && Number(read.port) <= 65_535, `the port of a URL: ${brief(url)}`)
    hold(read.host !== '' && !/[\s@/?#]/.test(read.host), `the host of a URL: ${brief(url)}`)
  }
  // Whoever is in front may not be shown, whatever else it is.
  for (const shown of [addressInUrl(text), addressBehindUser(text)])
    hold(shown?.includes('@') !== true, `a user is shown: ${brief(shown)}`)
  checkBase(baseUrl(text))
}

function checkBase(base: string | undefined): void {
  if (base === undefined) return
  hold(URL.canParse(base), `an address of the admin API that is none: ${brief(base)}`)
  same('the address of the admin API, read again', baseUrl(base), base)
}

const QUANTITIES = [
  ['ms', duration(), readDurationText],
  ['bytes', size(), readSizeText],
  ['bytes/s', rate(), readRateText],
  ['/s', frequency(), undefined],
  ['0…1', probability(), undefined],
] as const

function checkQuantities(text: string): void {
  for (const read of [readDurationText, readSizeText, readRateText]) {
    const value = read(text)
    hold(value === undefined || value >= 0, `${read.name} has made ${value}`)
  }
  for (const [unit, schema, units] of QUANTITIES) {
    const { data, success } = schema.safeParse(text)
    if (!success) continue
    hold(Number.isFinite(data) && data >= 0 && data <= 1e30, `${unit} of ${brief(text)} is ${data}`)
    const shown = showQuantity(unit, data)
    const again = units?.(shown)
    // Rounded to thousandths of the smallest unit it is shown in.
    if (again !== undefined && data < 1e15)
      hold(
        Math.abs(again - data) <= Math.max(0.51, data * 1e-3),
        `${brief(text)} is ${data}, and shown as ${shown}, which is ${again}`,
      )
  }
}

const VALUES = [
  '',
  'a',
  '/a/b',
  'A.Example',
  'x'.repeat(300),
  '/a//b?c=1\n',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
]

function checkPattern(text: string): void {
  for (const pattern of [text, `/${text}/`, `/${text}/i`]) {
    const outcome = outcomeOf(() => compilePattern(pattern))
    same('why a pattern is refused', patternRefusal(pattern) === undefined, 'value' in outcome)
    if ('refused' in outcome) {
      checkRefusal(outcome.refused, { named: false })
      continue
    }
    hold(pattern.length <= LONGEST_PATTERN + 1, `a pattern of ${pattern.length} characters`)
    const twin = compilePattern(pattern)
    for (const value of VALUES) same(`${brief(pattern)} on ${brief(value)}`, twin(value), outcome.value(value))
    // Its twin for lower case is a pattern too.
    hold(
      'value' in outcomeOf(() => compilePattern(lowerCasePattern(pattern))),
      `the twin of ${brief(pattern)} is refused`,
    )
  }
  if (isGlob(text)) hold(compilePattern(text)(text), `${brief(text)} does not match itself`)
  checkNetworks(text)
}

function isGlob(text: string): boolean {
  return text.length <= LONGEST_PATTERN && !text.startsWith('/')
}

/** What the door lets in as networks, the engine can make a list of. */
function checkNetworks(text: string): void {
  const networks = text.split(',').slice(0, 20)
  if (!matchField.safeParse({ client: networks }).success) return
  const match = clientMatch(networks)
  for (const address of ['127.0.0.1:5', '[::1]:5', '[::ffff:10.0.0.1]:5', 'unix', '[fe80::1%eth0]:5', ''])
    match(address)
  const [first = ''] = networks
  const [address = '', length] = first.split('/')
  if (isIP(address) !== 0 && length !== '0' && !/^[:0]*ffff:/i.test(address))
    hold(match(joinHostPort(address, 5)), `${brief(first)} does not match its own address`)
}

const OPTIONS: readonly ((text: string) => unknown)[] = [
  options.readDuration,
  options.readSpan,
  options.readSize,
  options.readSeconds,
  options.readProbability,
  options.readShare,
  options.readSeed,
  options.readHostPort,
  options.readPort,
  options.readCount,
  options.readPositiveCount,
  options.readDecisionCount,
  options.readLogLevel,
  (text) => options.collectNames(text, ['a']),
  (text) => options.collectVars(text, { a: 1 }),
]

function checkOptions(text: string): void {
  for (const read of OPTIONS) {
    const outcome = sameTwice('the value of an option', () => read(text), InvalidArgumentError)
    if ('refused' in outcome) checkRefusal(outcome.refused, { named: false })
    else if (typeof outcome.value === 'number')
      hold(Number.isFinite(outcome.value), `an option that is ${outcome.value}`)
  }
  const flags = parseGoFlags(text.split(' '), [
    { name: 'port', kind: 'int', fallback: '8474', usage: '' },
    { name: 'host', kind: 'string', fallback: '', usage: '' },
    { name: 'on', kind: 'bool', fallback: '', usage: '' },
  ])
  if (flags.kind === 'wrong') hold(flags.message !== '', 'a mistake without a word')
}

function checkTarget(text: string): void {
  const target = readTarget(text)
  same('a target, read twice', readTarget(text), target)
  if (target.kind !== 'redirect') return
  // Where it sends to, nothing is sent on again: otherwise clients would follow for ever.
  hold(
    readTarget(target.location).kind === 'path',
    `${brief(text)} is sent on to ${brief(target.location)}, and on from there`,
  )
}

function checkQueries(text: string): void {
  const query = Object.fromEntries(new URLSearchParams(text))
  for (const read of [readDecisionQuery, readExchangeQuery, readSessionQuery]) {
    const outcome = sameTwice('a query', (): object => read(query))
    if ('refused' in outcome) checkRefusal(outcome.refused)
  }
}
