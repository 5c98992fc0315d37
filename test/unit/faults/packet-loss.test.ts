import { describe, expect, test } from 'vitest'
import { effectOf, paramsToToxic, parseParams } from '../../../src/faults/index.ts'
import { packetLoss } from '../../../src/faults/packet-loss.ts'
import { FaultChain } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'

function chainOf(draws: readonly number[], params: Record<string, unknown>): FaultChain {
  return new FaultChain([{ type: 'packet_loss', params }], { randomOf: () => new ManualRandom(...draws) })
}

function warnings(params: Record<string, unknown>): readonly string[] | undefined {
  return packetLoss.warnings?.(packetLoss.params.parse(params))
}

test('lost packets come late by default, and none is missing', () => {
  const chain = chainOf([0.19, 0.9, 0.9], { loss_rate: 0.2 })
  chain.send('late')
  chain.end()
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['"late" @ 220', 'end @ 220'])
  expect(chain.records).toEqual(['packet_loss: retransmission @ 0 {"ms":220,"losses":1,"by":"timeout"}'])
})

test('after a lost chunk the next one is lost more often', () => {
  // 10 %, and 10 % + 0.5 · 90 % = 55 % after a loss.
  const draws = [0.05, 0.54, 0.56, 0.54]
  const chain = chainOf(draws, { loss_rate: 0.1, correlation: 0.5, mode: 'drop' })
  for (const text of ['a', 'b', 'c', 'd']) chain.send(text)
  expect(chain.lines).toEqual(['"c" @ 0', '"d" @ 0'])
  expect(chain.applied('packet_loss')).toBe(2)
})

test('without correlation each chunk is dropped by itself', () => {
  const chain = chainOf([0.05, 0.54, 0.09, 0.11], { loss_rate: 0.1, mode: 'drop' })
  for (const text of ['a', 'b', 'c', 'd']) chain.send(text)
  expect(chain.lines).toEqual(['"b" @ 0', '"d" @ 0'])
})

describe('parameters', () => {
  test('have Toxiproxy’s names and defaults', () => {
    expect(parseParams('packet_loss', {})).toEqual({ loss_rate: 0.1, correlation: 0, rtt: 20, mode: 'emulate' })
    expect(parseParams('packet_loss', { loss_rate: '2%' })).toMatchObject({ loss_rate: 0.02 })
    expect(() => parseParams('packet_loss', { loss_rate: 2 })).toThrow('loss_rate: expected a share of 0 to 1')
  })

  test.each([
    [-1, 0],
    [0.25, 0.25],
    [7, 1],
  ])('as attributes they are clamped: %d is %d', (given, taken) => {
    const [rate, correlation] = packetLoss.toxic ?? []
    expect(rate?.toParams(given)).toEqual({ loss_rate: taken })
    expect(correlation?.toParams(given)).toEqual({ correlation: taken })
    expect(packetLoss.toxic?.every(({ float }) => float === true)).toBe(true)
  })

  test('mode and round trip do not show as attributes', () => {
    const params = parseParams('packet_loss', { loss_rate: 0.5, mode: 'drop', rtt: '5ms' })
    expect(paramsToToxic(packetLoss, params)).toEqual({ loss_rate: 0.5, correlation: 0 })
    expect(effectOf(packetLoss, params)).toBe('loss')
  })

  test('the long-run share is what is warned of', () => {
    expect(warnings({ loss_rate: 0.04 })).toEqual([])
    expect(warnings({ loss_rate: 0.04, correlation: 0.5 })).toEqual([expect.stringMatching(/^7.7 % of packets/)])
    expect(warnings({ loss_rate: 0.01, mode: 'drop' })).toEqual([expect.stringContaining('no real TCP')])
    expect(warnings({ loss_rate: 0, mode: 'drop' })).toEqual([])
  })
})

test('nothing happens with a rate of 0, whatever the correlation', () => {
  const chain = chainOf([0], { loss_rate: 0, correlation: 1 })
  chain.send(65_000)
  expect(chain.lines).toEqual(['65000 bytes @ 0'])
  expect(chain.applied('packet_loss')).toBe(0)
})
