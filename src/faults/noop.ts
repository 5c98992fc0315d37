import { z } from 'zod'
import { defineFault } from './define.ts'
import { PassThrough } from './pass-through.ts'

export const noop = defineFault({
  type: 'noop',
  layer: 'transport',
  effect: 'timing',
  summary: 'Changes nothing.',
  details: `Bytes, ends and resets pass untouched, at once. It has no parameters and never counts as applied.

For checking that faults can be created, listed and removed, and as the control group of an experiment: the session takes the way through
the stages without being harmed.`,
  example: {},
  params: z.object({}),
  toxic: [],
  stage: () => new PassThrough(),
})
