import type { CliContext } from './context.ts'

/** The world as the process has it. */
export function processContext(): CliContext {
  // A reader that has gone away (`foulweather list | head -1`) is no error of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    terminal: process.stdout.isTTY,
    env: process.env,
  }
}

/** Answers when everything written so far has been handed to the kernel, or nobody reads it any more. */
export async function outputFlushed(): Promise<void> {
  const flushed = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => void stream.write('', () => resolve())),
  )
  await Promise.all(flushed)
}
