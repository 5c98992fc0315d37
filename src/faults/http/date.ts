/** Dates of HTTP (IMF-fixdate, RFC 9110 section 5.6.7) from and to milliseconds since the epoch, without asking any clock. */

const DAY_MS = 86_400_000
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** 1970-01-01 and 9999-12-31T23:59:59, the years that the format has four digits for. */
const EARLIEST = 0
const LATEST = 253_402_300_799_000

/** Days from the epoch to the beginning of a year. */
function daysToYear(year: number): number {
  const before = year - 1
  return (year - 1970) * 365 + countLeaps(before) - countLeaps(1969)
}

function countLeaps(upTo: number): number {
  return Math.floor(upTo / 4) - Math.floor(upTo / 100) + Math.floor(upTo / 400)
}

function daysOfMonth(year: number, month: number): number {
  if (month === 1) return daysToYear(year + 1) - daysToYear(year) === 366 ? 29 : 28
  return month === 3 || month === 5 || month === 8 || month === 10 ? 30 : 31
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `Sun, 06 Nov 1994 08:49:37 GMT`. Times outside of the years 1970 to 9999 are moved to their ends. */
export function httpDate(ms: number): string {
  const within = Math.min(LATEST, Math.max(EARLIEST, Math.floor(ms / 1000) * 1000))
  const days = Math.floor(within / DAY_MS)
  let year = 1970 + Math.floor(days / 365.2425)
  while (daysToYear(year + 1) <= days) year++
  while (daysToYear(year) > days) year--
  let left = days - daysToYear(year)
  let month = 0
  while (left >= daysOfMonth(year, month)) left -= daysOfMonth(year, month++)
  const seconds = (within % DAY_MS) / 1000
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${DAYS[(days + 4) % 7] ?? ''}, ${two(left + 1)} ${MONTHS[month] ?? ''} ${String(year).padStart(4, '0')} ${time} GMT`
}

const FIXDATE = /^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/

/** Milliseconds since the epoch; `undefined` for anything but an IMF-fixdate of the years 1970 to 9999. */
export function readHttpDate(text: string): number | undefined {
  const [, day, name, year, hours, minutes, seconds] = FIXDATE.exec(text) ?? []
  const month = MONTHS.findIndex((each) => each === name)
  if (year === undefined || month < 0) return undefined
  const inYear = Array.from({ length: month }, (_, earlier) => daysOfMonth(Number(year), earlier))
  const days = inYear.reduce((all, each) => all + each, daysToYear(Number(year)) + Number(day) - 1)
  const ms = days * DAY_MS + (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return ms < EARLIEST || ms > LATEST ? undefined : ms
}
