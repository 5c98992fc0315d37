/**
 * Has our framers and Node's HTTP parser read the same streams, right ones and broken ones, cut anywhere, and compares heads, bodies and what is
 * refused. Ends with 1 at the first disagreement that test/support/http1/differences.ts does not explain, and prints its stream.
 */
import { Command, InvalidArgumentError } from 'commander'
import { compareOn, newTally, report, streamOf } from '../test/support/http1/differential.ts'
import type { Tally } from '../test/support/http1/differential.ts'
import { KNOWN_DIFFERENCES } from '../test/support/http1/differences.ts'

const PROGRESS_EVERY_MS = 5000
const LOOK_AT_CLOCK_EVERY = 1000

const program = new Command('fuzz-http1')
  .description("Compares the HTTP/1.1 framers with Node's parser on generated and mutated streams.")
  .option('--streams <n>', 'how many streams', countOf, 1_000_000)
  .option('--seed <n>', 'of the streams: the same seed makes the same ones', seedOf, 1)
  .option('--first <n>', 'number of the first stream, to see one again', seedOf, 0)
  .parse()

const { streams, seed, first } = program.opts<{ streams: number; seed: number; first: number }>()
process.exitCode = fuzz() ? 0 : 1

function fuzz(): boolean {
  const tally = newTally()
  const started = performance.now()
  let shown = started
  for (let index = first; index < first + streams; index++) {
    const found = compareOn(streamOf(seed, index), tally)
    if (found !== undefined) {
      console.error(
        `${report(found)}\n\nStream ${index} of seed ${seed}; see it again with --seed ${seed} --first ${index} --streams 1`,
      )
      return false
    }
    if (tally.streams % LOOK_AT_CLOCK_EVERY !== 0 || performance.now() - shown < PROGRESS_EVERY_MS) continue
    shown = performance.now()
    console.error(
      `${tally.streams} of ${streams} streams, ${Math.round((tally.streams / (shown - started)) * 1000)} per second`,
    )
  }
  console.log(summary(tally, (performance.now() - started) / 1000))
  return true
}

function summary(tally: Tally, seconds: number): string {
  const lines = [
    `${tally.streams} streams of seed ${seed} in ${seconds.toFixed(1)} s, no unknown difference`,
    `${tally.accepted} read alike to the end, with ${tally.messages} whole messages in all; ${tally.refused} refused by both at the same place`,
    'Known differences:',
  ]
  for (const { name, why } of KNOWN_DIFFERENCES)
    lines.push(`${String(tally.known.get(name) ?? 0).padStart(8)}  ${name}: ${why}`)
  return lines.join('\n')
}

function countOf(text: string): number {
  const value = seedOf(text)
  if (value === 0) throw new InvalidArgumentError('It must be a whole number from 1.')
  return value
}

function seedOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.')
  return Number(text)
}
