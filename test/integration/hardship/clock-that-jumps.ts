/** For `node --import`: each message sets the wall clock of the process so many hours off. The monotonic clock goes on as it does. */
const RealDate = Date
let hoursOff = 0

const now = (): number => RealDate.now() + hoursOff * 3_600_000

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: readonly unknown[]) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
})

process.on('message', (hours: number) => {
  hoursOff = hours
  process.send?.(new Date().toISOString())
})
process.channel?.unref()
