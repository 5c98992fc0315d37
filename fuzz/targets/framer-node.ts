import { randomFor } from '../../src/core/random.ts'
import { compareOn, newTally, report } from '../../test/support/http1/differential.ts'
import { StreamMaker } from '../../test/support/http1/streams.ts'
import { hold } from '../checks.ts'
import type { FuzzTarget } from '../target.ts'

/**
 * Streams that are made to be right, or nearly so, read by our framers and by Node's parser: heads, bodies, and what is refused. An input is the seed
 * of a stream, whatever it is. Every difference has to be on the list, with its reason (test/support/http1/differences.ts).
 */
export const framerNode: FuzzTarget = {
  name: 'framer-node',
  about: 'made-up HTTP/1.1 streams, cut anywhere: every difference to Node’s parser has to be a known one',
  code: ['src/protocols/http1/'],
  longest: 16,
  tokens: [],
  generate: (draw) => Buffer.from(String(draw.below(2 ** 48))),
  open: () => ({ run: check }),
}

function check(input: Buffer): void {
  const stream = new StreamMaker(randomFor(1, 'http1', input.toString('latin1'))).make()
  const found = compareOn(stream, newTally())
  if (found !== undefined) hold(false, report(found))
}
