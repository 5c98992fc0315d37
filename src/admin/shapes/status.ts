import { z } from 'zod'
import { count, instant, milliseconds } from './common.ts'

export const healthShape = z.object({ status: z.literal('ok') }).meta({ id: 'Health' })

const workerShape = z
  .object({
    worker: z.int().min(1).max(64).describe('Its number, from 1.'),
    state: z.enum(['starting', 'running', 'closing']),
    deaths: count('How often it has died and been replaced.'),
    since: instant('When the present one began'),
  })
  .meta({ id: 'Worker', description: 'One thread that serves sessions.' })

export const statusShape = z
  .object({
    version: z.string(),
    node: z.string(),
    seed: z.int().describe('Decides every draw.'),
    uptimeMs: milliseconds('Since the process was started'),
    workers: z
      .array(workerShape)
      .describe('The threads that sessions are served by; empty = the same one that serves this.'),
    revision: count('How many changes there have been; that of the latest change.'),
    halted: z
      .object({ since: instant('Since when'), actor: z.string().optional(), reason: z.string().optional() })
      .nullable()
      .describe('By whom everything was halted, and why; `null` = faults are taken.'),
    proxies: z.object({ total: z.int().nonnegative(), enabled: z.int().nonnegative() }),
    faults: count('Of all proxies.'),
    sessions: z.object({ active: z.int().nonnegative(), total: z.int().nonnegative() }),
    decisions: z.object({ total: z.int().nonnegative(), kept: z.int().nonnegative() }),
    held: z
      .object({
        bytes: z.number().nonnegative(),
        limit: z.number().nonnegative(),
        perSessionLimit: z.number().nonnegative(),
      })
      .describe('Bytes that wait in the proxy, and the limits at which it stops reading.'),
  })
  .meta({ id: 'Status', description: 'What the server is, and what it is doing.' })
