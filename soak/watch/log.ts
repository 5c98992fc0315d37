import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

interface Line {
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

/** A line that must not be there. */
export interface Complaint {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** Of level error, and nobody's fault but that of whoever wrote the profile: the soak. */
const OURS = [/^A profile cannot be used: /]

const SHOWN = 1000
const KEPT = 20

/** Reads what a server logs, as it grows. */
export class LogWatch {
  readonly levels = new Map<string, number>()
  readonly complaints: Complaint[] = []
  /** How often each warning was said. */
  readonly warnings = new Map<string, number>()
  address = ''
  readonly #stdout: Tail
  readonly #stderr: Tail
  readonly #last: string[] = []

  constructor(files: { readonly stdout: string; readonly stderr: string }) {
    this.#stdout = new Tail(files.stdout)
    this.#stderr = new Tail(files.stderr)
  }

  read(): void {
    for (const text of this.#stdout.lines()) this.#line(text)
    for (const text of this.#stderr.lines()) {
      this.#keep(text)
      this.complaints.push({ stream: 'stderr', text: text.slice(0, SHOWN) })
    }
  }

  get lastWords(): string {
    return this.#last.join('\n')
  }

  #keep(text: string): void {
    this.#last.push(text)
    if (this.#last.length > KEPT) this.#last.shift()
  }

  #line(text: string): void {
    this.#keep(text)
    const line = parsed(text)
    if (line === undefined) {
      this.complaints.push({ stream: 'stdout', text: `no line of JSON: ${text.slice(0, SHOWN)}` })
      return
    }
    this.levels.set(line.level, (this.levels.get(line.level) ?? 0) + 1)
    if (line.message === 'Admin API listening') this.address = String(line['address'])
    if (line.level === 'warn') this.warnings.set(line.message, (this.warnings.get(line.message) ?? 0) + 1)
    const bad = line.level === 'error' || line.level === 'fatal'
    if (bad && !OURS.some((pattern) => pattern.test(line.message))) {
      this.complaints.push({ stream: 'stdout', text: text.slice(0, SHOWN) })
    }
  }
}

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}

/** The whole lines that a file has got since they were last asked for. */
class Tail {
  readonly #path: string
  readonly #decoder = new StringDecoder('utf8')
  readonly #buffer = Buffer.alloc(65_536)
  #offset = 0
  #rest = ''

  constructor(path: string) {
    this.#path = path
  }

  lines(): string[] {
    const file = openSync(this.#path, 'r')
    try {
      let text = this.#rest
      for (;;) {
        const read = readSync(file, this.#buffer, 0, this.#buffer.length, this.#offset)
        if (read === 0) break
        this.#offset += read
        text += this.#decoder.write(this.#buffer.subarray(0, read))
      }
      const lines = text.split('\n')
      this.#rest = lines.pop() ?? ''
      return lines.filter((line) => line !== '')
    } finally {
      closeSync(file)
    }
  }
}
