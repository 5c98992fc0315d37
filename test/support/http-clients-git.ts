import { spawn } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentOf } from './http-clients-origin.ts'
import { gitProgram, run } from './http-clients-programs.ts'
import type { Ran } from './http-clients-programs.ts'

const PERSON = { NAME: 'Tester', EMAIL: 'tester@example.com', DATE: '2026-01-31T12:00:00Z' }

/** A folder with a bare repository that is served, and room for clones of it. Gone on disposal. */
export class GitFolder implements AsyncDisposable {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  /** The repository has `commits` commits, each with a text and with bytes that do not pack, and a tag for each. */
  static async create(commits: number): Promise<GitFolder> {
    const folder = new GitFolder(await mkdtemp(join(tmpdir(), 'foulweather-git-')))
    await folder.git(['init', '--quiet', '--initial-branch=main', 'work'])
    for (let index = 0; index < commits; index++) await folder.commit('work', index, 40_000)
    await folder.git(['clone', '--quiet', '--bare', 'work', 'served.git'])
    await folder.git(['-C', 'served.git', 'config', 'http.receivepack', 'true'])
    return folder
  }

  /** A commit with `size` bytes more in it. */
  async commit(clone: string, index: number, size: number): Promise<void> {
    const folder = join(this.root, clone, `part-${index % 7}`)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `bytes-${index}`), contentOf(size + index))
    await writeFile(join(this.root, clone, 'log.txt'), `${'line\n'.repeat(index)}${index}\n`)
    await this.git(['-C', clone, 'add', '.'])
    await this.git(['-C', clone, 'commit', '--quiet', '-m', `commit ${index}`])
    await this.git(['-C', clone, 'tag', `${clone}-${index}`])
  }

  /** Runs git in this folder; a failure is an error. */
  async git(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryGit(args)
    if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}: ${stderr}`)
    return stdout.toString().trim()
  }

  /** Without settings of the system or of whoever runs the tests. */
  tryGit(args: readonly string[]): Promise<Ran> {
    return run(gitProgram, args, { cwd: this.root, env: { ...this.#env, GIT_TERMINAL_PROMPT: '0', no_proxy: '*' } })
  }

  get #env(): Record<string, string> {
    const people = ['AUTHOR', 'COMMITTER'].flatMap((role) =>
      Object.entries(PERSON).map(([field, value]) => [`GIT_${role}_${field}`, value] as const),
    )
    return { HOME: this.root, GIT_CONFIG_NOSYSTEM: '1', ...Object.fromEntries(people) }
  }

  /** Serves the repositories of this folder by git's own CGI program (RFC 3875). */
  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url = '', headers } = request
    const [path = '', query = ''] = url.split('?')
    const fields = Object.entries({
      GIT_PROJECT_ROOT: this.root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: headers['git-protocol'],
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: method,
      CONTENT_TYPE: headers['content-type'],
      CONTENT_LENGTH: headers['content-length'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_USER: 'tester',
    }).filter(([, value]) => typeof value === 'string')
    const env = { PATH: process.env['PATH'], ...this.#env, ...Object.fromEntries(fields) }
    const child = spawn(gitProgram.path, ['http-backend'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    // Whoever is cut off in the middle of a request or an answer ends the program.
    child.stdin.on('error', () => {})
    request.pipe(child.stdin)
    response.on('close', () => child.kill('SIGKILL'))
    answerAsTold(child.stdout, response)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** A head in the manner of CGI, with the status as a field, and the body behind it. */
function answerAsTold(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    output.off('data', read)
    const lines = head.subarray(0, end).toString('latin1').split('\r\n')
    const fields = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
    const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200'
    const others = fields.filter(([name]) => name !== 'Status')
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(others) as Record<string, string>)
    response.write(head.subarray(end + 4))
    output.pipe(response)
  }
  output.on('data', read)
}
