import { expect, test } from 'vitest'
import { refuseNoListen, refuseNoUpstream } from '../../../src/control/proxy-addresses.ts'

const UPSTREAM = 'host:port, [v6]:port, unix:/path, or the URL of an HTTP server'

test.each(['db:5432', '10.0.0.1:1', '[::1]:65535', 'localhost:05432', ':80', 'unix:/run/db.sock', 'unix:a:b'])(
  'an upstream may be %s',
  (text) => {
    expect(() => refuseNoUpstream(text)).not.toThrow()
  },
)

test.each([
  ['localhost', 'address localhost: missing port in address'],
  ['localhost:', 'address localhost:: missing port in address'],
  ['[::1]', 'address [::1]: missing port in address'],
  ['::1:5432', 'address ::1:5432: too many colons in address'],
  ['unix:', 'address unix:: missing path in unix address'],
  ['/run/db.sock', 'address /run/db.sock: missing port in address'],
  ['db:0', 'address db:0: the port is not a number of 1 to 65535'],
  ['db:65536', 'address db:65536: the port is not a number of 1 to 65535'],
  ['db:postgresql', 'address db:postgresql: the port is not a number of 1 to 65535'],
  ['db: 5432', 'address db: 5432: the port is not a number of 1 to 65535'],
])('an upstream may not be %s', (value, why) => {
  const message = `upstream: ${why}; expected ${UPSTREAM}`
  expect(() => refuseNoUpstream(value)).toThrow(
    expect.objectContaining({ code: 'invalid_value', field: 'upstream', value, expected: UPSTREAM, message }),
  )
})

// Names of services, and what only the machine knows that it runs on, are looked up when it starts.
test.each(['', ':0', '127.0.0.1:0', '127.0.0.1:', '[::1]:80', 'eth7.example:postgresql', 'unix:/run/p.sock'])(
  'a proxy may be asked to listen at %j',
  (text) => {
    expect(() => refuseNoListen(text)).not.toThrow()
  },
)

test.each([
  ['127.0.0.1', 'missing port in address'],
  ['[::1]', 'missing port in address'],
  ['::1:80', 'too many colons in address'],
  ['unix:', 'missing path in unix address'],
])('a proxy may not be asked to listen at %s', (value, why) => {
  const expected = 'host:port, [v6]:port, :port or unix:/path'
  const message = `listen: address ${value}: ${why}; expected ${expected}`
  expect(() => refuseNoListen(value)).toThrow(
    expect.objectContaining({ code: 'invalid_value', field: 'listen', value, expected, message }),
  )
})
