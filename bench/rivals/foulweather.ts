import { existsSync, readFileSync } from 'node:fs'
import { benchFile } from '../program.ts'
import { SUBJECT, type Rival } from './rival.ts'
import { startWithAdmin } from './start.ts'

function variant(summary: string, main: string): Rival {
  const file = benchFile(main)
  return {
    name: SUBJECT,
    summary,
    protocol: 'tcp',
    faults: true,
    async locate() {
      if (!existsSync(file)) return { found: false, reason: `no ${file}` }
      const { version } = JSON.parse(readFileSync(benchFile('../package.json'), 'utf8')) as { version: string }
      return { found: true, version }
    },
    start: (upstream) =>
      startWithAdmin(process.execPath, (port) => [file, 'serve', '--admin', `127.0.0.1:${port}`], upstream),
  }
}

export const fromSource = variant('Foulweather from source', '../src/main.ts')

export const fromDist = variant('Foulweather as built (npm run build)', '../dist/main.js')
