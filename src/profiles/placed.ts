import { defined } from '../core/defined.ts'
import { FoulweatherError, placeText } from '../core/errors.ts'
import type { Entry } from './document.ts'

/** The same error with its place in the text that `entry` was written in, and with the whole path of its field. */
export function placed(error: FoulweatherError, entry: Entry): FoulweatherError {
  if (error.place !== undefined) return error
  const { code, field, value, expected, cause, problems } = error
  const within = withoutPrefix(field ?? '', entry.path)
  const place = entry.place(within)
  const whole = joined(entry.path, within)
  const text = withField(error.message, { field, within, whole, path: entry.path })
  const message = place === undefined ? text : `${placeText(place)}: ${text}`
  return new FoulweatherError(code, message, { ...defined({ field: whole, expected, place }), value, cause, problems })
}

function withoutPrefix(field: string, path: string): string {
  if (field === path) return ''
  const isInside = field.startsWith(path) && /^[.[]/.test(field.slice(path.length))
  return isInside ? field.slice(path.length).replace(/^\./, '') : field
}

function joined(path: string, field: string): string {
  if (field === '') return path
  return field.startsWith('[') ? `${path}${field}` : `${path}.${field}`
}

interface Names {
  readonly field: string | undefined
  readonly within: string
  readonly whole: string
  readonly path: string
}

/** Most texts begin with the name of the field. */
function withField(message: string, { field, within, whole, path }: Names): string {
  if (message.startsWith(path)) return message
  const isNamed = field !== undefined && within !== '' && message.startsWith(within)
  return isNamed ? `${whole}${message.slice(within.length)}` : `${path}: ${message}`
}
