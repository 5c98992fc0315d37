import { defined } from '../../core/defined.ts'
import type { ControlPlane } from '../control-plane.ts'
import { Carried } from './carried.ts'
import type { StateLog } from './log.ts'
import { Restoring } from './restore.ts'
import { StateSnapshot } from './snapshot.ts'
import { findState } from './state-file.ts'
import { StateWriter } from './state-writer.ts'

/** A state file at work. Nothing is written before `begin`: a start that is broken off leaves the file as it was. */
export interface KeptState {
  /** Restores what waits for something else that the start makes; to be called when all of that is there. */
  restoreLate(): Promise<void>
  /** The start has come to its end: keeps the file in step from now on. */
  begin(): void
  /** Writes what has not been written yet; nothing is written afterwards. */
  close(): Promise<void>
}

/**
 * Restores what a state file says.
 *
 * @throws FoulweatherError `invalid_value` where the file can be neither read nor written; the reason of `signal` when it is aborted.
 */
export async function keepState(
  file: string,
  control: ControlPlane,
  log: StateLog,
  signal: AbortSignal,
): Promise<KeptState> {
  const { path, state } = await findState(file, log)
  const carried = new Carried()
  const by = { actor: `state:${file}` }
  const restoring = state && new Restoring(state, { control, by, log, carried, signal })
  // Before anything else: faults that are refused because of it do not come back for a moment either.
  if (state?.halted !== undefined) control.safety.halt ??= defined(state.halted)
  if (restoring !== undefined) log.info({ state: file, ...(await restoring.run()) }, 'Restored the state')
  if (state?.halted !== undefined) log.warn({ state: file, ...state.halted }, 'Everything is still halted')

  const snapshot = new StateSnapshot(control, carried)
  const writer = new StateWriter({
    path,
    content: () => snapshot.text(),
    onFailing: (error) =>
      log.error({ state: file, error: String(error) }, 'The state cannot be written; it is tried again'),
    onLost: (error) =>
      log.error(
        { state: file, error: String(error) },
        'The last changes are not in the state: it could not be written',
      ),
    onMended: () => log.info({ state: file }, 'The state is written again'),
  })
  let hasBegun = false
  control.events.on('changed', (change) => {
    carried.changed(change)
    if (hasBegun) writer.changed()
  })
  return {
    async restoreLate() {
      await restoring?.runLate()
    },
    begin() {
      if (control.safety.halt !== undefined) carried.dropFaults()
      hasBegun = true
      writer.changed()
    },
    close: () => writer.close(),
  }
}
