import { z } from 'zod'
import { CommandFailure } from './context.ts'

/** What the commands need of the answers of Toxiproxy's routes; a server may send more. */
export const toxicShape = z.looseObject({
  name: z.string(),
  type: z.string(),
  stream: z.string(),
  toxicity: z.number(),
  attributes: z.record(z.string(), z.unknown()),
})

export const proxyShape = z.looseObject({
  name: z.string(),
  listen: z.string(),
  upstream: z.string(),
  enabled: z.boolean(),
  toxics: z.array(toxicShape),
})

export type Toxic = z.output<typeof toxicShape>
export type Proxy = z.output<typeof proxyShape>

/** Puts what was being done in front of what the API answered. */
export async function explained<T>(doing: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof CommandFailure) throw new CommandFailure(`${doing}: ${error.message}`, error.exitCode, error)
    throw error
  }
}
