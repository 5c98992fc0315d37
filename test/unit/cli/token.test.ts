import { expect, test } from 'vitest'
import { startServer } from '../../../src/server.ts'
import { runHere } from '../../support/cli-context.ts'

const TOKEN = 'a-token-of-some-length'

test('who has no token, or another one, is told how to give it', async () => {
  await using server = await startServer({ admin: { port: 0, token: TOKEN } })
  const status = (...argv: readonly string[]) => runHere(['status', '--host', `${server.address}`, ...argv])
  expect(await status()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/: HTTP 401: .* \(with --token or FOULWEATHER_TOKEN\)\n$/),
  })
  expect(await status('--token', 'another')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('FOULWEATHER_TOKEN'),
  })
  expect(await status('--token', TOKEN)).toMatchObject({ code: 0, stderr: '' })
  const broken = await status('--token', `${TOKEN}\n`)
  expect(broken).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^foulweather: token has characters/),
  })
  expect(broken.stderr).not.toContain(TOKEN)
})
