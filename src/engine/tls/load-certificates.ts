/** Certificates are made by `@peculiar/x509`, which takes 90 ms and 20 MB to load: so only when the first one is to be made. */
export async function loadCertificates() {
  // What it is written with wants `Reflect` to keep metadata of classes before it is loaded.
  await import('reflect-metadata')
  return import('./certificates.ts')
}
