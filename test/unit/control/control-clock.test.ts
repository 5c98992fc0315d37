import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { controlClock } from '../../../src/control/control-clock.ts'

test('what is to happen one day does not keep the process alive', async () => {
  const program = `import { controlClock } from './src/control/control-clock.ts'
    controlClock.setTimer(3_600_000, () => {})
    console.log('armed')`
  const args = ['--input-type=module-typescript', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
  expect(stdout).toBe('armed\n')
})

test('a timer fires once, unless it is cleared', async () => {
  const fired: string[] = []
  const cleared = controlClock.setTimer(1, () => fired.push('cleared'))
  controlClock.clearTimer(cleared)
  await new Promise<void>((resolve) => {
    controlClock.setTimer(1, () => fired.push('fired'))
    setTimeout(resolve, 30)
  })
  expect(fired).toEqual(['fired'])
})
