import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AdminRig } from '../../support/admin-rig.ts'

let rig: AdminRig
beforeEach(() => {
  rig = new AdminRig({ metrics: () => Promise.resolve('up 1\n') })
})
afterEach(() => rig[Symbol.asyncDispose]())

/** What went in and what came out, as text. */
async function transcript(method: string, url: string, body?: string): Promise<string> {
  const answer = await rig.ask(method, url, body)
  return `${answer.status} ${answer.body}`
}

const OFF = '{"name":"a","listen":"127.0.0.1:1","upstream":"u:2","enabled":false}'
const OFF_SHOWN = '{"name":"a","listen":"127.0.0.1:1","upstream":"u:2","enabled":false,"Logger":{},"toxics":[]}'

describe('proxies', () => {
  test('are created, listed, shown, updated and deleted', async () => {
    expect(await transcript('GET', '/proxies')).toBe('200 {}')
    expect(await transcript('POST', '/proxies', OFF)).toBe(`201 ${OFF_SHOWN}`)
    expect(await transcript('GET', '/proxies')).toBe(`200 {"a":${OFF_SHOWN}}`)
    expect(await transcript('GET', '/proxies/a')).toBe(`200 ${OFF_SHOWN}`)
    const moved = OFF_SHOWN.replace('u:2', 'v:3')
    expect(await transcript('PATCH', '/proxies/a', '{"upstream":"v:3"}')).toBe(`200 ${moved}`)
    expect(await transcript('POST', '/proxies/a', '{"name":"b","toxics":[1]}')).toBe(`200 ${moved}`)
    expect(await transcript('DELETE', '/proxies/a')).toBe('204 ')
    expect(await transcript('GET', '/proxies')).toBe('200 {}')
  })

  test('may be created with a protocol, which an update passes over', async () => {
    const http = OFF.replace('}', ',"protocol":"http"}')
    expect(await transcript('POST', '/proxies', http)).toBe(`201 ${OFF_SHOWN.replace(/}$/, ',"protocol":"http"}')}`)
    expect(await transcript('PATCH', '/proxies/a', '{"protocol":"tcp"}')).toBe(`200 ${OFF_SHOWN}`)
    expect(await transcript('PATCH', '/proxies/a', '{"protocol":6}')).toBe(`200 ${OFF_SHOWN}`)
    expect(rig.control.proxy('a').protocol).toBe('http')
    const quic = OFF.replace('"a"', '"b"').replace('}', ',"protocol":"quic"}')
    expect(await transcript('POST', '/proxies', quic)).toBe(
      String.raw`400 {"error":"protocol is \"quic\"; it may be \"tcp\" or \"http\"","status":400}` + '\n',
    )
  })

  test('are listed in name order, numbers included', async () => {
    for (const name of ['b', '10', '9', '__proto__']) await rig.ask('POST', '/proxies', OFF.replace('"a"', `"${name}"`))
    const { body } = await rig.ask('GET', '/proxies')
    expect([...body.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)).toEqual(['10', '9', '__proto__', 'b'])
  })

  test('with a null where a value could be are as if it were not given', async () => {
    const { status, body } = await rig.ask(
      'POST',
      '/proxies',
      '{"name":"a","upstream":"u:1","listen":null,"enabled":null}',
    )
    expect(status).toBe(201)
    expect(JSON.parse(body)).toMatchObject({ enabled: true, listen: expect.stringMatching(/^\[::\]:\d+$/) })
  })

  test.each(['a/b', 'a b', 'redis:6379', 'é', 'a%2Fb', '<&>', '..x', 'a//b', '?#'])(
    'can be called %j',
    async (name) => {
      const body = JSON.stringify({ name, upstream: 'u:1', enabled: false })
      expect((await rig.ask('POST', '/proxies', body)).status).toBe(201)
      const path = `/proxies/${encodeURIComponent(name)}`
      expect(JSON.parse((await rig.ask('GET', path)).body)).toMatchObject({ name })
      expect((await rig.ask('POST', `${path}/toxics`, '{"type":"noop"}')).status).toBe(200)
      expect((await rig.ask('GET', `${path}/toxics/noop_downstream`)).status).toBe(200)
      expect((await rig.ask('DELETE', path)).status).toBe(204)
    },
  )

  test.each([
    ['{}', '400 {"error":"missing required field: name","status":400}\n'],
    ['null', '400 {"error":"missing required field: name","status":400}\n'],
    ['{"name":""}', '400 {"error":"missing required field: name","status":400}\n'],
    ['{"name":"x"}', '400 {"error":"missing required field: upstream","status":400}\n'],
    ['{"name":"a"}', '400 {"error":"missing required field: upstream","status":400}\n'],
    [OFF, '409 {"error":"proxy already exists","status":409}\n'],
    ['', '400 {"error":"bad request body: EOF","status":400}\n'],
    [
      '{"name":"x","upstream":"u:1","listen":"local373"}',
      '500 {"error":"listen tcp: address local373: missing port in address","status":500}\n',
    ],
    [
      '{"name":"x","upstream":"u:1","listen":"127.0.0.1:99999"}',
      '500 {"error":"listen tcp: address 99999: invalid port","status":500}\n',
    ],
    [
      '{"name":"x","upstream":"u:1","listen":"8.8.8.8:29000"}',
      '500 {"error":"listen tcp 8.8.8.8:29000: bind: cannot assign requested address","status":500}\n',
    ],
  ])('%s is refused', async (body, answer) => {
    await rig.ask('POST', '/proxies', OFF)
    expect(await transcript('POST', '/proxies', body)).toBe(answer)
    expect(await transcript('GET', '/proxies')).toBe(`200 {"a":${OFF_SHOWN}}`)
  })

  test('a URL as upstream is told what to write instead', async () => {
    const { status, body } = await rig.ask('POST', '/proxies', '{"name":"a","upstream":"http://x:80"}')
    expect(status).toBe(400)
    expect(JSON.parse(body).error).toContain('write host:port, for example "x:80"')
  })

  test.each(['postgres://me:s3cret@x:80/db', 'me:s3cret@x:80', 'me:s3\\ncret@x:80', 'pg://me:s3\\ncret@x:80'])(
    'an upstream with a user in it is told what to write instead, without its password: %s',
    async (upstream) => {
      const { status, body } = await rig.ask('POST', '/proxies', `{"name":"a","upstream":"${upstream}"}`)
      expect(status).toBe(400)
      expect(JSON.parse(body).error).toMatch(/^upstream is .*…@x:80.* write host:port, for example "x:80"$/)
      expect(body).not.toMatch(/s3|cret/)
    },
  )

  test('the path of a unix socket may have an @ in it', async () => {
    const { status } = await rig.ask(
      'POST',
      '/proxies',
      '{"name":"a","upstream":"unix:/run/me@x.sock","enabled":false}',
    )
    expect(status).toBe(201)
  })

  test.each([
    ['POST', '/proxies/x'],
    ['PATCH', '/proxies/x'],
    ['POST', '/proxies/x/toxics'],
    ['POST', '/proxies/x/toxics/t'],
  ])('%s %s: what is not there is reported before what the body says', async (method, url) => {
    expect(await transcript(method, url, 'junk')).toBe('404 {"error":"proxy not found","status":404}\n')
  })

  test('an empty body is no update, an empty object is', async () => {
    await rig.ask('POST', '/proxies', OFF)
    expect(await transcript('POST', '/proxies/a')).toBe('400 {"error":"bad request body: EOF","status":400}\n')
    expect(await transcript('POST', '/proxies/a', '{}')).toBe(`200 ${OFF_SHOWN}`)
  })
})

describe('populate', () => {
  test.each(['[]', 'null'])('%s answers null', async (body) => {
    expect(await transcript('POST', '/populate', body)).toBe('201 {"proxies":null}')
  })

  test('answers one proxy for each entry, in order', async () => {
    const b = OFF.replace('"a"', '"b"')
    const shown = OFF_SHOWN.replace('"a"', '"b"')
    expect(await transcript('POST', '/populate', `[${b},${OFF},${b}]`)).toBe(
      `201 {"proxies":[${shown},${OFF_SHOWN},${shown}]}`,
    )
  })

  test.each([
    ['{}', 'bad request body: json: cannot unmarshal object into Go value of type []toxiproxy.Proxy'],
    [`[${OFF},{}]`, 'missing required field: name at proxy 2'],
    [`[${OFF},{"name":"b"}]`, 'missing required field: upstream at proxy 2'],
  ])('%s is refused in its own manner, and nothing is created', async (body, error) => {
    const answer = await rig.ask('POST', '/populate', body)
    expect(answer.body).toBe(JSON.stringify({ error, status: 400, proxies: null }))
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json' })
    expect(answer.headers).not.toHaveProperty('x-content-type-options')
    expect(await transcript('GET', '/proxies')).toBe('200 {}')
  })

  test('an entry may say the protocol, and the answer does only where the entry has', async () => {
    const web = OFF.replace('"a"', '"web"').replace('}', ',"Protocol":"http"}')
    const shown = OFF_SHOWN.replace('"a"', '"web"')
    expect(await transcript('POST', '/populate', `[${web},${OFF}]`)).toBe(
      `201 {"proxies":[${shown.replace(/}$/, ',"protocol":"http"}')},${OFF_SHOWN}]}`,
    )
    expect(await transcript('GET', '/proxies')).toBe(`200 {"a":${OFF_SHOWN},"web":${shown}}`)
    expect(await transcript('POST', '/populate', `[${OFF.replace('"a"', '"web"')}]`)).toBe(`201 {"proxies":[${shown}]}`)
    expect(['a', 'web'].map((name) => rig.control.proxy(name).protocol)).toEqual(['tcp', 'http'])
  })

  test('one that says another protocol replaces the proxy, one that says none leaves it', async () => {
    await rig.control.addProxy({ ...(JSON.parse(OFF) as object), protocol: 'http', http: { tell: true } })
    await rig.ask('POST', '/proxies/a/toxics', '{"type":"noop"}')
    const whole = rig.control.proxy('a')
    for (const protocol of [undefined, null, '', 'http']) {
      await rig.ask('POST', '/populate', JSON.stringify([{ ...(JSON.parse(OFF) as object), protocol }]))
      expect(rig.control.proxy('a')).toBe(whole)
    }
    await rig.ask('POST', '/populate', `[${OFF.replace('}', ',"protocol":"tcp"}')}]`)
    expect(rig.control.proxy('a')).toMatchObject({ protocol: 'tcp', faults: [] })
    expect(rig.control.proxy('a')).not.toHaveProperty('http')
  })

  test('a protocol that there is not is refused with its place, and nothing is created', async () => {
    const udp = OFF.replace('}', ',"protocol":"udp"}')
    expect(await transcript('POST', '/populate', `[${OFF.replace('"a"', '"b"')},${udp}]`)).toBe(
      String.raw`400 {"error":"protocol at proxy 2 is \"udp\"; it may be \"tcp\" or \"http\"","status":400,"proxies":null}`,
    )
    expect(await transcript('POST', '/populate', `[${OFF.replace('}', ',"protocol":6}')}]`)).toContain(
      'cannot unmarshal number into Go struct field Proxy.protocol of type string',
    )
    expect(rig.control.proxies()).toEqual([])
  })

  test('a start failure shows what was done before it', async () => {
    const bad = '{"name":"b","upstream":"u:1","listen":"x"}'
    expect(await transcript('POST', '/populate', `[${OFF},${bad}]`)).toBe(
      `500 {"error":"listen tcp: address x: missing port in address","status":500,"proxies":[${OFF_SHOWN}]}`,
    )
  })
})

describe('toxics', () => {
  beforeEach(() => rig.ask('POST', '/proxies', OFF))

  test('are created, listed (upstream first), shown, updated and removed', async () => {
    const down =
      '{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}'
    const up = '{"attributes":{"rate":7},"name":"b","type":"bandwidth","stream":"UpStream","toxicity":0.3}'
    expect(await transcript('GET', '/proxies/a/toxics')).toBe('200 []')
    expect(await transcript('POST', '/proxies/a/toxics', '{"type":"latency","attributes":{"latency":100}}')).toBe(
      `200 ${down}`,
    )
    const body = '{"Type":"bandwidth","Name":"b","Stream":"UpStream","Toxicity":0.3,"Attributes":{"Rate":7}}'
    expect(await transcript('POST', '/proxies/a/toxics', body)).toBe(`200 ${up}`)
    expect(await transcript('GET', '/proxies/a/toxics')).toBe(`200 [${up},${down}]`)
    expect(await transcript('GET', '/proxies/a')).toBe(`200 ${OFF_SHOWN.replace('[]', `[${up},${down}]`)}`)
    expect(await transcript('GET', '/proxies/a/toxics/b')).toBe(`200 ${up}`)
    const changed = down.replace('"jitter":0', '"jitter":5').replace('"toxicity":1', '"toxicity":80')
    for (const method of ['PATCH', 'POST']) {
      const update = '{"attributes":{"jitter":5},"toxicity":80,"name":"x","type":"noop","stream":"upstream"}'
      expect(await transcript(method, '/proxies/a/toxics/latency_downstream', update)).toBe(`200 ${changed}`)
    }
    expect(await transcript('DELETE', '/proxies/a/toxics/b')).toBe('204 ')
    expect(await transcript('GET', '/proxies/a/toxics')).toBe(`200 [${changed}]`)
  })

  test.each(['latency', 'bandwidth', 'slow_close', 'timeout', 'reset_peer', 'slicer', 'limit_data', 'noop'])(
    '%s can be created without attributes and shows all of them',
    async (type) => {
      const { status, body } = await rig.ask('POST', '/proxies/a/toxics', JSON.stringify({ type, attributes: null }))
      expect(status).toBe(200)
      expect(JSON.parse(body)).toMatchObject({ name: `${type}_downstream`, type, stream: 'downstream', toxicity: 1 })
      const values = Object.values(JSON.parse(body).attributes)
      expect(values).toEqual(values.map(() => 0))
    },
  )

  test('integers of 64 bits come back as they were', async () => {
    const { body } = await rig.ask(
      'POST',
      '/proxies/a/toxics',
      '{"type":"latency","attributes":{"latency":9223372036854775807,"jitter":-3}}',
    )
    expect(body).toContain('{"latency":9223372036854775807,"jitter":-3}')
  })

  test.each([
    [
      '{"stream":"","type":"latency"}',
      '400 {"error":"stream was invalid, can be either upstream or downstream","status":400}\n',
    ],
    [
      '{"stream":"both","type":"x"}',
      '400 {"error":"stream was invalid, can be either upstream or downstream","status":400}\n',
    ],
    ['{"type":"down","name":"t"}', '400 {"error":"invalid toxic type","status":400}\n'],
    ['{}', '400 {"error":"invalid toxic type","status":400}\n'],
    [
      '{"type":"latency","name":"t","attributes":{"latency":"x"}}',
      '409 {"error":"toxic already exists","status":409}\n',
    ],
    [
      '{"type":"latency","name":"t","attributes":[]}',
      '400 {"error":"bad request body: json: cannot unmarshal array into Go struct field ToxicWrapper.attributes of type toxics.Toxic","status":400}\n',
    ],
    [
      '{"type":"latency","attributes":{"latency":"x"}}',
      '400 {"error":"bad request body: json: cannot unmarshal string into Go struct field LatencyToxic.attributes.latency of type int64","status":400}\n',
    ],
  ])('%s is refused', async (body, answer) => {
    await rig.ask('POST', '/proxies/a/toxics', '{"type":"noop","name":"t"}')
    expect(await transcript('POST', '/proxies/a/toxics', body)).toBe(answer)
    expect(JSON.parse((await rig.ask('GET', '/proxies/a/toxics')).body)).toHaveLength(1)
  })

  test('a rate that would crash Toxiproxy is refused, on creation and on update', async () => {
    const bad = '{"type":"bandwidth","attributes":{"rate":-1}}'
    expect(await transcript('POST', '/proxies/a/toxics', bad)).toMatch(/^400 \{"error":"bad request body: /)
    await rig.ask('POST', '/proxies/a/toxics', bad.replace('-1', '5'))
    expect(await transcript('PATCH', '/proxies/a/toxics/bandwidth_downstream', bad)).toMatch(/^400 /)
    expect((await rig.ask('GET', '/proxies/a/toxics')).body).toContain('"rate":5')
  })

  test('a failing update changes nothing, not even the fields that were right', async () => {
    await rig.ask('POST', '/proxies/a/toxics', '{"type":"latency","name":"t","attributes":{"latency":1}}')
    const before = await transcript('GET', '/proxies/a/toxics')
    const body = '{"toxicity":0.5,"attributes":{"jitter":5,"latency":1.5}}'
    expect(await transcript('PATCH', '/proxies/a/toxics/t', body)).toMatch(/^400 .*number 1\.5/)
    expect(await transcript('GET', '/proxies/a/toxics')).toBe(before)
  })

  test.each([['GET'], ['POST'], ['PATCH'], ['DELETE']])('%s of one that is not there', async (method) => {
    expect(await transcript(method, '/proxies/a/toxics/x', method === 'GET' ? undefined : '{')).toBe(
      '404 {"error":"toxic not found","status":404}\n',
    )
  })
})

test('reset removes the faults and starts what was stopped', async () => {
  const { body } = await rig.ask('POST', '/proxies', '{"name":"a","listen":"127.0.0.1:0","upstream":"u:1"}')
  await rig.ask('POST', '/proxies/a/toxics', '{"type":"latency"}')
  await rig.ask('POST', '/proxies/a', '{"enabled":false}')
  expect(await transcript('POST', '/reset', 'junk')).toBe('204 ')
  expect(await transcript('GET', '/proxies/a')).toBe(`200 ${body}`)
})

test('the version is one that clients understand, with our own beside it', async () => {
  const { body, headers } = await rig.ask('GET', '/version')
  expect(body).toBe('{"version": "2.12.0", "foulweather": "1.2.3"}\n')
  expect(headers['content-type']).toBe('application/json;charset=utf-8')
})

test.each(['GET', 'POST', 'PUT', 'DELETE'])('%s /metrics shows the text it is given', async (method) => {
  const { status, body, headers } = await rig.ask(method, '/metrics')
  expect([status, body]).toEqual([200, 'up 1\n'])
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
})

test('without a text to show there is no /metrics', async () => {
  await using bare = new AdminRig()
  expect(await bare.ask('GET', '/metrics')).toMatchObject({ status: 404, body: '404 page not found\n' })
})

test.each([
  ['/proxies', `{"name":"l","listen":"${'x'.repeat(900_000)}","upstream":"u:1"}`, 400],
  ['/proxies', `{"name":"l","upstream":"http://${'x'.repeat(900_000)}"}`, 400],
  ['/proxies/a/toxics', `{"type":"latency","attributes":{"latency":${'9'.repeat(900_000)}}}`, 400],
  ['/populate', `[{"name":"l","listen":"${'x'.repeat(900_000)}","upstream":"u:1"}]`, 400],
])('an error is short, however long what was sent to %s is', async (url, body, status) => {
  await rig.ask('POST', '/proxies', OFF)
  const answer = await rig.ask('POST', url, body)
  expect(answer.status).toBe(status)
  expect(answer.body.length).toBeLessThan(5000)
})
