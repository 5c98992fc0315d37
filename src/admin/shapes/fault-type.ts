import { z } from 'zod'

const jsonSchema = z.looseObject({}).describe('JSON Schema (2020-12) of what users write.')

const faultTypeShape = z
  .object({
    type: z.string(),
    layer: z.enum(['transport', 'connection', 'http', 'tls']).describe('What it acts on.'),
    effect: z.string().describe('What it does to bytes; where a parameter decides: without it.'),
    summary: z.string(),
    details: z.string().describe('Markdown.'),
    example: z.record(z.string(), z.unknown()).describe('Parameters that show what it is good for.'),
    directions: z
      .array(z.enum(['downstream', 'upstream', 'both']))
      .describe('Which it takes, the default first. Empty: it acts on the whole proxy.'),
    per: z
      .array(z.enum(['session', 'chunk', 'exchange']))
      .describe('What `probability` may be drawn for, the default first. Empty: it takes none.'),
    parts: z
      .array(z.enum(['connection', 'body']))
      .describe('What it can work on where the protocol is `http`, if there is a choice.'),
    emulation: z
      .object({ model: z.string(), valid: z.string() })
      .nullable()
      .describe('Where the effect is modelled: how, and where it holds.'),
    schema: jsonSchema,
    toxic: z
      .array(z.object({ name: z.string(), unit: z.string() }))
      .nullable()
      .describe("Toxiproxy's attributes; `null`: its clients do not see this fault."),
  })
  .meta({ id: 'FaultType', description: 'Everything that there is to know of a type of fault.' })

export const faultTypesShape = z
  .object({ faultTypes: z.array(faultTypeShape), commonFields: jsonSchema })
  .meta({ id: 'FaultTypes', description: 'All types of faults, and the fields that every fault has.' })
