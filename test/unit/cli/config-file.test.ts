import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyConfigFile } from '../../../src/cli/config-file.ts'
import { silentLogger } from '../../../src/observe/logger.ts'
import { startServer } from '../../../src/server.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
})

afterEach(() => rm(directory, { recursive: true }))

// What a config file does to a server that starts is tested with the command.
test.each([true, false])('a bug of ours is not taken for a bad config file; strict: %s', async (strict) => {
  const path = join(directory, 'proxies.json')
  await writeFile(path, '[{"name":"a","listen":"127.0.0.1:0","upstream":"x:1"}]')
  await using server = await startServer()
  server.control.events.on('changed', () => {
    throw new TypeError('planted')
  })
  await expect(applyConfigFile({ path, strict }, server.control, silentLogger())).rejects.toThrow(
    new TypeError('planted'),
  )
})
