import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MOST_PROFILES } from '../../../src/profiles/files/listing.ts'
import { ProfileFiles } from '../../../src/profiles/files/profile-files.ts'
import { LARGEST_PROFILE } from '../../../src/profiles/files/read-text.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'foulweather-profiles-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const at = (name: string): string => join(dir, name)
const put = (name: string, text: string | Buffer = `text of ${name}`) => writeFile(at(name), text)
const read = (files?: readonly string[]) => new ProfileFiles(files === undefined ? { dir } : { dir, files }).read()
const problems = async (...files: string[]) =>
  Object.fromEntries((await read(files)).map(({ name, problem }) => [name, problem]))

describe('which files are profiles', () => {
  it('takes YAML and JSON directly in the directory, by the names of the files', async () => {
    await mkdir(at('below'))
    await Promise.all(['b.yml', 'a.yaml', 'c.json', 'd.e.yaml', 'notes.md', 'below/x.yaml'].map((name) => put(name)))

    expect(await read()).toEqual([
      { name: 'a', file: at('a.yaml'), text: 'text of a.yaml' },
      { name: 'b', file: at('b.yml'), text: 'text of b.yml' },
      { name: 'c', file: at('c.json'), text: 'text of c.json' },
      { name: 'd.e', file: at('d.e.yaml'), text: 'text of d.e.yaml' },
    ])
  })

  it('passes over what editors, sed and ConfigMaps leave lying about', async () => {
    await mkdir(at('..2026_11_23'))
    await symlink('..2026_11_23', at('..data'))
    const leftovers = [
      'x.yaml~',
      '#x.yaml#',
      '.#x.yaml',
      '.x.yaml.swp',
      'x.swp',
      '4913',
      'sedA1b2C3',
      '.x.yaml',
      '.yaml',
    ]
    await Promise.all(leftovers.map((name) => put(name)))
    await put('x.yaml')

    expect((await read()).map(({ file }) => file)).toEqual([at('x.yaml')])
  })

  it('adds files that are named, whatever their ending, and takes one that is in the directory too once', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'foulweather-profiles-'))
    try {
      await put('a.yaml')
      await symlink(dir, join(elsewhere, 'same'))
      await writeFile(join(elsewhere, 'z.profile'), 'z')
      const files = [join(elsewhere, 'z.profile'), join(elsewhere, 'same/a.yaml')]
      const found = await read(files)
      expect(found.map(({ name, problem }) => [name, problem])).toEqual([
        ['a', undefined],
        ['z', undefined],
      ])
    } finally {
      await rm(elsewhere, { recursive: true })
    }
  })

  it('reads files that are named without a directory', async () => {
    await put('a.yaml')
    expect(await new ProfileFiles({ files: [at('a.yaml')] }).read()).toEqual([
      { name: 'a', file: at('a.yaml'), text: 'text of a.yaml' },
    ])
  })

  it('says of a named file that is not there that it is missing', async () => {
    expect(await problems(at('gone.yaml'))).toEqual({ gone: 'there is no such file' })
  })

  it('follows symbolic links, and says of one that leads nowhere that it does', async () => {
    await put('real', 'by a link')
    await symlink('real', at('a.yaml'))
    await symlink('nowhere', at('b.yaml'))
    await symlink('c.yaml', at('c.yaml'))
    expect(await read()).toEqual([
      { name: 'a', file: at('a.yaml'), text: 'by a link' },
      { name: 'b', file: at('b.yaml'), problem: 'it is a symbolic link to a file that is not there' },
      { name: 'c', file: at('c.yaml'), problem: 'it cannot be read: its symbolic links lead in a circle (ELOOP)' },
    ])
  })

  it('has two files of one name, and reads neither', async () => {
    await Promise.all(['a.yaml', 'a.json', 'b.yaml'].map((name) => put(name)))
    const problem = `the profile "a" is in ${at('a.json')} and ${at('a.yaml')}; a name can belong to one file`
    expect(await read()).toEqual([
      { name: 'a', file: at('a.json'), problem },
      { name: 'a', file: at('a.yaml'), problem },
      { name: 'b', file: at('b.yaml'), text: 'text of b.yaml' },
    ])
  })

  it('refuses names that no URL could hold', async () => {
    await put('line\nbreak.yaml')
    await writeFile(Buffer.concat([Buffer.from(`${dir}/latin`), Buffer.from([0xe9]), Buffer.from('.yaml')]), '')
    await put('...yaml')
    const found = await read([at('...yaml')])
    expect(found.map(({ problem }) => problem)).toEqual([
      'the file name gives the profile no usable name: ".." cannot stand in a URL; rename the file',
      'the file name gives the profile no usable name: "latin\uFFFD" is no UTF-8; rename the file',
      String.raw`the file name gives the profile no usable name: "line\nbreak" has control characters; rename the file`,
    ])
  })

  it('takes a thousand, and refuses to begin with more', async () => {
    await Promise.all(Array.from({ length: MOST_PROFILES }, (_, index) => put(`p${index}.yaml`)))
    expect(await read()).toHaveLength(MOST_PROFILES)
    await put('one-more.yaml')
    await expect(read()).rejects.toThrow(
      `the profiles in ${dir} cannot be read: there are more than ${MOST_PROFILES} profiles in ${dir}`,
    )
  })

  it('throws where the directory is not there or is a file', async () => {
    await put('file')
    const reading = (name: string) => new ProfileFiles({ dir: at(name) }).read()
    await expect(reading('gone')).rejects.toThrow(
      `the profiles in ${at('gone')} cannot be read: there is no such file or directory (ENOENT)`,
    )
    await expect(reading('file')).rejects.toThrow('is no directory (ENOTDIR)')
  })
})

describe('what is in them', () => {
  it('says of everything that is no file of text why it cannot be read', async () => {
    await mkdir(at('directory.yaml'))
    execFileSync('mkfifo', [at('pipe.yaml')])
    await put('bytes.yaml', Buffer.from([0x61, 0xff, 0xfe]))
    expect(await problems()).toEqual({
      directory: 'it is a directory; a profile is a file',
      pipe: 'it is no regular file; a profile is a file',
      bytes: 'what is in it is no text (UTF-8)',
    })
  })

  it('reads a mebibyte, and no more', async () => {
    await put('full.yaml', 'x'.repeat(LARGEST_PROFILE))
    await put('larger.yaml')
    await truncate(at('larger.yaml'), 2 ** 40)
    const [full, larger] = await read()
    expect(full?.text).toHaveLength(LARGEST_PROFILE)
    expect(larger?.problem).toBe(`it has ${2 ** 40} bytes, and a profile may have ${LARGEST_PROFILE}`)
  })

  it('keeps texts as they are, an empty one as well, but for a byte order mark', async () => {
    await put('empty.yaml', '')
    await put('text.yaml', '\uFEFFname: "é" \r\n')
    expect((await read()).map(({ text }) => text)).toEqual(['', 'name: "é" \r\n'])
  })

  it('gives no text where less or more was read than there should be', async () => {
    // The kernel makes these up while they are read, and says before that they are empty.
    expect(await new ProfileFiles({ files: ['/proc/self/status'] }).read()).toEqual([
      {
        name: 'status',
        file: '/proc/self/status',
        problem: 'it is written to again and again, and could not be read in between',
      },
    ])
  })
})
