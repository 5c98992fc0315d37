/** A path, seen by the client. */
export interface LinkFigures {
  /** Round trip without queues, in milliseconds. */
  readonly rtt: number
  /** Bytes per second towards the client; absent = not limited. */
  readonly rateDown?: number
  /** Bytes per second towards the server; absent = not limited. */
  readonly rateUp?: number
  /** Packets lost in each direction, in percent. */
  readonly loss: number
}

/** Kilobits per second, as lines are sold. */
function line(rtt: number, down: number, up: number, loss: number): LinkFigures {
  return { rtt, rateDown: down * 125, rateUp: up * 125, loss }
}

/**
 * Typical figures, not worst cases. Radio links repair most losses themselves at the price of delay, so that little is left for TCP to see.
 * "WebPageTest" is its list of connectivity profiles (settings/connectivity.ini.sample), "DevTools" that of Firefox and older Chromes.
 */
export const LINK_PRESETS = {
  /** DevTools: 50/20 kbit/s, 500 ms. Loss: a guess, for weak coverage. */
  gprs: line(500, 50, 20, 1),
  /** WebPageTest "Edge": 240/200 kbit/s, 840 ms. Loss: a guess, for weak coverage. */
  edge: line(840, 240, 200, 1),
  /** WebPageTest "3G": 1600/768 kbit/s, 300 ms. Loss: a guess. */
  '3g': line(300, 1600, 768, 0.5),
  /** WebPageTest "4G": 9/9 Mbit/s, 170 ms. Loss: a guess. */
  '4g': line(170, 9000, 9000, 0.1),
  /** WebPageTest "DSL": 1500/384 kbit/s, 50 ms. */
  dsl: line(50, 1500, 384, 0),
  /** DevTools "Wi-Fi": 30/15 Mbit/s, but its 2 ms end at the access point; 10 ms more to a server nearby, and the loss of a busy channel (a guess). */
  wifi: line(12, 30_000, 15_000, 0.2),
  /** Between data centres of two continents, such as Virginia and Ireland (cloud providers publish 70 to 90 ms); the rate is not the limit, the window is. */
  'cross-region': { rtt: 80, loss: 0 },
  /**
   * Geostationary: 477 ms of light alone, about 600 ms measured (APNIC, "Testing LEO and GEO satellite services in Australia", 2022); rates as
   * commonly sold. Loss: a guess, for rain.
   */
  satellite: line(600, 25_000, 3000, 0.5),
  /**
   * Low orbit: round trip 50 ms in the median, loss of about 1 %, mostly around handovers (APNIC, "Fact checking Starlink's performance figures",
   * 2022, and the IMC 2022 papers); rates at the lower end of what was measured.
   */
  starlink: line(50, 100_000, 10_000, 1),
  /** WebPageTest "56K": 49/30 kbit/s, 120 ms. */
  'dial-up': line(120, 49, 30, 0),
} as const satisfies Readonly<Record<string, LinkFigures>>

export type LinkPreset = keyof typeof LINK_PRESETS

/** In the order of the table, for an enumeration. */
export const LINK_PRESET_NAMES = [
  'gprs',
  'edge',
  '3g',
  '4g',
  'dsl',
  'wifi',
  'cross-region',
  'satellite',
  'starlink',
  'dial-up',
] as const satisfies readonly LinkPreset[]
