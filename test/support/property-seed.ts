/** With PROPERTY_SEED all properties try the same values in each run; without it new ones. */
const seed = process.env['PROPERTY_SEED']

if (seed !== undefined && seed !== '') {
  const { configureGlobal } = await import('fast-check')
  configureGlobal({ seed: Number(seed) })
}
