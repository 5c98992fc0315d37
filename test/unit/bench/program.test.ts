import { expect, test } from 'vitest'
import { Program, textOf } from '../../../bench/program.ts'

const node = (code: string): Program => new Program(process.execPath, ['-e', code])

test('the first line is answered while the program goes on', async () => {
  await using program = node('console.log(JSON.stringify({ port: 7 })); setInterval(() => {}, 1000)')
  expect(await program.firstLine()).toEqual({ port: 7 })
})

test('a program that ends too early is an error with its last words', async () => {
  await using program = node('console.error("no such thing"); process.exit(3)')
  await expect(program.firstLine()).rejects.toThrow(/ended before first line.*exit 3.*no such thing/)
})

test('a program that fails gives no output', async () => {
  await using program = node('console.log("half"); process.exit(1)')
  await expect(program.output(10_000)).rejects.toThrow('exit 1')
})

test('a program that runs for too long is stopped', async () => {
  await using program = node('setInterval(() => {}, 1000)')
  await expect(program.output(100)).rejects.toThrow('within 100 ms')
  expect(() => process.kill(program.pid, 0)).toThrow('ESRCH')
})

test('a command that does not exist is an error when started and nothing when asked for its text', async () => {
  await using program = new Program('no-such-command-here', [])
  await expect(program.firstLine()).rejects.toThrow('ENOENT')
  expect(await textOf('no-such-command-here')).toBeUndefined()
})
