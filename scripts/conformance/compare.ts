// node compare.ts REAL EMULATED: reads the JSON lines of loss.sh and prints them side by side, as Markdown. A file that is not there has no cells.
import { existsSync, readFileSync } from 'node:fs'
import { comparison, parseCells } from './comparison.ts'

const [real, emulated] = process.argv
  .slice(2)
  .map((file) => parseCells(existsSync(file) ? readFileSync(file, 'utf8') : ''))
console.log(comparison(real ?? [], emulated ?? []))
