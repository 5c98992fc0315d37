import { describe, expect, test } from 'vitest'
import { LeaseLostError } from '../../../src/client/index.ts'
import { errorOf, startRig } from './rig.ts'

const BROWNOUT = `
vars: { status: 503 }
faults:
  - { on: web, name: brownout, type: http_error, status: "\${status}" }
`
const OWN = new Error('of the body')

describe('a profile that is held', () => {
  test('is active until it is deactivated, and has a lease', async () => {
    await using rig = await startRig()
    await rig.client.profiles.put('cdn', BROWNOUT)
    const profile = await rig.client.activate('cdn', { vars: { status: 502 } })
    expect(await profile.status()).toMatchObject({ state: 'active', lease: 30_000, vars: { status: 502 } })
    expect(await rig.fetched()).toBe(502)
    await profile.deactivate()
    expect(await rig.fetched()).toBe(200)
    expect(await profile.status()).toMatchObject({ state: 'inactive' })
    await profile.deactivate()
    expect(profile.signal.aborted).toBe(false)
  })

  test('says so when somebody else has deactivated it', async () => {
    await using rig = await startRig()
    await rig.client.profiles.put('cdn', BROWNOUT)
    await using profile = await rig.client.activate('cdn', { lease: '300ms' })
    await rig.client.profiles.deactivate('cdn')
    const lost = await profile.lost
    expect(lost).toBeInstanceOf(LeaseLostError)
    expect(lost.message).toMatch(/^the activation of profile cdn is lost, .*no_lease/)
    expect(profile.signal.aborted).toBe(true)
  })
})

describe('withProfile', () => {
  test('has it active for its body alone', async () => {
    await using rig = await startRig()
    await rig.client.profiles.put('cdn', BROWNOUT)
    expect(await rig.client.withProfile('cdn', {}, () => rig.fetched())).toBe(503)
    expect(await rig.fetched()).toBe(200)
    expect(await errorOf(rig.client.withProfile('cdn', {}, () => Promise.reject(OWN)))).toBe(OWN)
    expect(rig.faults()).toEqual([])
  })

  test('is content where the profile has gone, or the server', async () => {
    await using rig = await startRig()
    await rig.client.profiles.put('cdn', BROWNOUT)
    expect(await rig.client.withProfile('cdn', {}, () => rig.client.profiles.delete('cdn'))).toBeUndefined()
    await rig.client.profiles.put('cdn', BROWNOUT)
    expect(await rig.client.withProfile('cdn', {}, () => rig.foulweather.close())).toBeUndefined()
  })

  test('does not run its body where there is no such profile', async () => {
    await using rig = await startRig()
    let ran = false
    const call = rig.client.withProfile('nobody', {}, () => {
      ran = true
    })
    expect(await errorOf(call)).toMatchObject({ code: 'profile_not_found' })
    expect(ran).toBe(false)
  })
})
