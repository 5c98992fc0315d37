import { type Audit, createAudit } from './audit/audit.ts'
import { type Counts, type CountsOptions, createCounts } from './counts.ts'
import { createEventHub, type EventHub, type EventHubOptions } from './events/hub.ts'
import type { Logger } from './logger.ts'

export interface ObservingOptions {
  readonly control: CountsOptions['control'] & EventHubOptions['control']
  readonly dataPlane: EventHubOptions['dataPlane'] & CountsOptions['dataPlane']
  readonly logger: Logger
  /** The file that every change is written to. Default: none. */
  readonly auditFile?: string | undefined
}

/** What is told, kept and counted of a control plane and its data plane. */
export interface Observing {
  readonly events: EventHub
  readonly audit: Audit
  readonly counts: () => Counts
  /** Ends the events, and answers when the audit file is written. To be called when nothing changes any more. */
  close(): Promise<void>
}

export function observe({ control, dataPlane, logger, auditFile }: ObservingOptions): Observing {
  const events = createEventHub({ control, dataPlane })
  const audit = createAudit({ control, logger, ...(auditFile === undefined ? {} : { file: { path: auditFile } }) })
  const counts = createCounts({ control, dataPlane, events, audit })
  return {
    events,
    audit,
    counts,
    async close() {
      events.close()
      await audit.close()
    },
  }
}
