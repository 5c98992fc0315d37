import { expect, test } from 'vitest'
import { run, FoulweatherProcess } from '../../support/cli-process.ts'

/** Runs some code in a process before its own. */
function preload(code: string): { NODE_OPTIONS: string } {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` }
}

// By a signal that nothing else listens to.
test.each([
  ['an exception that nobody catches', "throw new Error('planted')"],
  ['a rejection that nobody handles', "void Promise.reject(new Error('planted'))"],
])('%s is logged with its stack and ends the server with exit code 70', async (_what, bug) => {
  await using server = await FoulweatherProcess.start({ env: preload(`process.on('SIGWINCH', () => { ${bug} })`) })
  expect((await server.stop('SIGWINCH')).code).toBe(70)
  expect(server.log.at(-1)).toMatchObject({
    level: 'fatal',
    message: 'A bug in foulweather',
    err: { message: 'planted', stack: expect.stringContaining('at ') },
  })
  expect(server.output).toMatch(
    /^foulweather: a bug in foulweather, and the end of this process: Error: planted\n {4}at /m,
  )
})

test('a command that meets a bug ends with exit code 70 as well', async () => {
  const bug = preload("process.stdout.write = () => { throw new Error('planted') }")
  const { code, stdout, stderr } = await run(['--version'], bug)
  expect({ code, stdout }).toEqual({ code: 70, stdout: '' })
  expect(stderr).toMatch(/^foulweather: a bug in foulweather.*Error: planted\n/)
})
