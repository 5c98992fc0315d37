import type { Outlet, Stage } from '../core/outlet.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** A stage at work, which may act by itself. */
export interface StageSlot extends Scheduled {
  readonly stage: Stage
}

/** Puts stages in a row in front of `last`; answers the first outlet of it. */
export function linkStages(slots: readonly Pick<StageSlot, 'stage'>[], last: Outlet): Outlet {
  let next = last
  for (const { stage } of [...slots].reverse()) {
    stage.next = next
    next = stage
  }
  return next
}

/** Stages may have changed their minds about when to be woken. */
export function rescheduleWakers(slots: readonly StageSlot[], scheduler: Scheduler): void {
  for (const slot of slots) {
    if (slot.stage.wake === undefined) continue
    const at = slot.stage.wakeAt ?? Infinity
    if (slot.heapIndex >= 0 ? slot.dueAt !== at : at !== Infinity) scheduler.schedule(slot, at)
  }
}
