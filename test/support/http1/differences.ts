import { KNOWN_METHODS } from './node.ts'
import type { Outcome, ReadMessage, StreamCase } from './outcome.ts'

/** Where the two disagree about one stream. */
export interface Disagreement {
  readonly stream: StreamCase
  /** The stream as Latin-1 text. */
  readonly text: string
  readonly ours: Outcome
  readonly node: Outcome
  /**
   * A part of a message, `extent` or `ending`; `ours refuses` (`node refuses`) = at a place where the other reads on; `cutting` = we read it
   * otherwise when it comes in one piece.
   */
  readonly what: string
  /** Of the message, from 0; of the first that only one has, where it is about no message that both have. */
  readonly index: number
}

/** Something that the two are known to see differently. */
export interface KnownDifference {
  readonly name: string
  readonly why: string
  /** It changes nothing of what comes behind it. */
  readonly goOn?: boolean
  explains(disagreement: Disagreement): boolean
}

/**
 * Every way in which we read a stream otherwise than Node's parser, and the reason. Each looks by itself for what it is about in the bytes: that we
 * say so is not enough.
 */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  // What we refuse and Node takes
  refuses(
    ['bad_request_line', 'bad_method', 'bad_target', 'bad_version', 'bare_lf', 'bare_cr'],
    'Node takes several spaces in the first line, line ends among them, an absolute URL without a host, a target that is no path behind `*`, an authority for any method, HTTP/0.9 and HTTP/2.0: RFC 9112, section 3, has none of them',
    ({ stream, rest }) => stream.kind === 'request' && !REQUEST_LINE.test(rest),
  ),
  refuses(
    ['bad_status_line', 'bad_version', 'control_character'],
    'Node takes empty lines in front of a status line, control characters in the reason, HTTP/0.9 and HTTP/2.0, and a status below 100: RFC 9112, section 4, has none of them',
    ({ stream, rest }) => stream.kind === 'response' && !STATUS_LINE.test(rest),
  ),
  refuses(
    ['bare_lf', 'bare_cr', 'empty_line', 'bad_method'],
    'Node skips any number of line ends, whole or half, in front of a message; RFC 9112, section 2.2, speaks of at least one CR LF in front of a request',
    ({ rest }) => /^(?:\r?\n|\r)/.test(rest),
  ),
  refuses(
    ['missing_host'],
    'The server of Node checks Host, not its parser (RFC 9112, section 3.2)',
    ({ head }) => !/^host:/im.test(head),
  ),
  refuses(
    ['repeated_host'],
    'The server of Node checks Host, not its parser (RFC 9112, section 3.2)',
    ({ head }) => (head.match(/^host:/gim) ?? []).length > 1,
  ),
  refuses(
    ['bad_host'],
    'RFC 9112, section 3.2, has an invalid Host refused',
    ({ head }) => !/^host:[ \t]*[\w.~%!$&'()*+;=:[\]-]*[ \t]*$/im.test(head),
  ),
  refuses(
    ['bad_transfer_encoding', 'unsupported_transfer_encoding'],
    'Node reads responses with other codings to the end of the connection, and allows a tab in front; a proxy that passes it on cannot know who agrees',
    ({ head }) => /^transfer-encoding:(?! *chunked\r$)/im.test(head) || count(head, /^transfer-encoding:/gim) > 1,
  ),
  refuses(
    ['transfer_encoding_in_http10'],
    'RFC 9112, section 6.1, has it treated as broken framing',
    ({ head }) => /HTTP\/1\.0/.test(head) && /^transfer-encoding:/im.test(head),
  ),
  refuses(
    ['bad_content_length'],
    'Node counts to 2^64, we with numbers that are exact up to 2^53',
    ({ head }) => BigInt(/^content-length:[ \t]*(\d+)[ \t]*\r$/im.exec(head)?.[1] ?? 0) > Number.MAX_SAFE_INTEGER,
  ),
  refuses(
    ['bad_content_length', 'repeated_content_length'],
    'Node looks at an empty value together with the line behind it, which has not come',
    ({ node, head }) =>
      node.ending === 'cut' &&
      /^content-length:[ \t]*\r\n$/im.test(head.slice(head.lastIndexOf('\n', head.length - 2) + 1)),
  ),
  refuses(
    ['connect_with_body'],
    'Node has a CONNECT be a tunnel whatever its length says; others read a body: RFC 9110, section 9.3.6, gives it no meaning',
    ({ head }) => head.startsWith('CONNECT ') && /^(?:transfer-encoding|content-length):/im.test(head),
  ),
  refuses(
    ['bad_chunk_extension'],
    'Node takes extensions without a name or without a value, and values that are quoted in part; RFC 9112, section 7.1.1, has none such',
    ({ text }) =>
      /^[\da-f]+(?!(?:;[!#$%&'*+.^_`|~\w-]+(?:=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[^"\\\r\n]|\\.)*"))?)*\r$);.*\r?$/im.test(
        text,
      ),
  ),
  refuses(
    ['forbidden_trailer'],
    'Node keeps trailers apart from the head, others merge them: RFC 9110, section 6.5.1',
    ({ text }) => /\n0+(?:;[^\n]*)?\r\n(?:[^\n]+\r\n)*(?:host|content-length|transfer-encoding):/i.test(text),
  ),
  refuses(
    ['bad_chunk_size'],
    'Node counts to 2^64 and takes any number of zeros in front; we count with numbers that are exact up to 2^53, and 16 digits',
    ({ text }) => /^(?:[\da-f]{17,}|0*[2-9a-f][\da-f]{13,})/im.test(text),
  ),
  refuses(
    ['unexpected_response'],
    'The parser of Node does not know how many requests there were; its client does, and drops the connection',
    ({ ours, stream }) => finalResponses(ours.messages) === stream.methods.length,
  ),

  // What Node refuses and we take
  nodeRefuses(
    /^HPE_INVALID_(?:METHOD|VERSION|CONSTANT): /,
    'Node knows a list of methods; a proxy passes on any token (RFC 9110, section 9.1)',
    ({ line }) => !USUAL_METHODS.has(line.split(' ')[0] ?? ''),
  ),
  nodeRefuses(
    /^HPE_INVALID_URL: /,
    'Raw bytes above 0x7f, spelled as clients do and taken by servers: they delimit nothing',
    ({ line }) => /^\S+ \S*[\x80-\xff]/.test(line),
  ),
  nodeRefuses(
    /^HPE_/,
    'The first line is looked at once it is whole',
    ({ ours, rest }) => ours.ending === 'cut' && !rest.includes('\n'),
  ),
  nodeRefuses(
    /^HPE_\w+: .*(?:Content-Length|Transfer-Encoding)/,
    'A field is looked at once its line is whole, the two together once the head is',
    ({ ours, rest }) => ours.ending === 'cut' && !rest.includes('\r\n\r\n'),
  ),
  nodeRefuses(
    /^HPE_INVALID_URL: Unexpected char in url schema/,
    'Node has letters alone in a scheme; RFC 3986, section 3.1, has digits, `+`, `-` and `.` as well',
    ({ line }) => /^\S+ [a-z]+[\d+.-][a-z\d+.-]*:\/\//i.test(line),
  ),

  nodeRefuses(
    /^HPE_INVALID_URL: Unexpected char in url server/,
    'No target has a fragment (RFC 9112, section 3.2); both take one behind a path, Node none behind a host',
    ({ line }) => /^\S+ [a-z][a-z\d+.-]*:\/\/[^\s/?#]+#/i.test(line),
  ),

  // What both take, and read otherwise
  {
    name: 'Proxy-Connection',
    why: 'Node takes it for Connection; RFC 9112, appendix C.2.2, says not to',
    explains: ({ what, index, ours }) => what === 'keepAlive' && /^proxy-connection:/im.test(fieldsAt(ours, index)),
  },
  {
    name: 'answer to HEAD without a length',
    why: 'Node says what becomes of the connection before it has been told that there is no body',
    goOn: true,
    explains: ({ what, index, ours, stream }) =>
      what === 'keepAlive' &&
      ours.messages[index]?.keepAlive === true &&
      stream.methods[finalResponses(ours.messages.slice(0, index))] === 'HEAD',
  },
  {
    name: 'close and keep-alive in HTTP/1.0',
    why: 'Node stays connected; RFC 9112, section 9.3, has close decide',
    explains: ({ what, index, ours }) =>
      what === 'keepAlive' &&
      ours.messages[index]?.minor === 0 &&
      /^connection:.*\bclose\b/im.test(fieldsAt(ours, index)) &&
      /^connection:.*\bkeep-alive\b/im.test(fieldsAt(ours, index)),
  },
  {
    name: 'CR at the very end',
    why: 'Node skips it as one half of an empty line; in front of a response we take it for the beginning of a broken one',
    explains: ({ what, stream, ours, node, text }) =>
      what === 'ending' &&
      stream.kind === 'response' &&
      ours.ending === 'cut' &&
      node.ending === 'idle' &&
      text.slice(ours.at) === '\r',
  },
  {
    name: 'PRI',
    why: 'Node keeps this method for the preface of HTTP/2, and waits for the rest of that; in HTTP/1.1 it is a token like others',
    explains: ({ what, index, ours }) => what === 'extent' && (ours.messages[index]?.line.startsWith('PRI ') ?? false),
  },
  {
    name: 'Connection in a trailer',
    why: 'Node has it decide about the connection; RFC 9110, section 6.5.1, keeps trailers out of that',
    explains: ({ what, node, text }) =>
      ['extent', 'ours refuses', 'node refuses', 'ending'].includes(what) &&
      node.messages.some((message) => message.whole && /^transfer-encoding:/im.test(message.fields)) &&
      /\n0+(?:;[^\n]*)?\r\n(?:[^\n]+\r\n)*(?:proxy-)?connection:/i.test(text),
  },
  {
    name: 'behind the last answer to HEAD',
    why: 'Node reads on behind an answer to HEAD in HTTP/1.0 that closes the connection',
    explains: ({ ours, node, stream, index }) =>
      ours.ending === 'idle' &&
      index === ours.messages.length &&
      node.messages.length >= index &&
      ours.messages.at(-1)?.minor === 0 &&
      ours.messages.at(-1)?.keepAlive === false &&
      stream.methods[finalResponses(ours.messages) - 1] === 'HEAD',
  },
  {
    name: 'close in an interim response',
    why: 'Node takes the connection for closed; it is the final response that decides (RFC 9112, section 9.6, is about the last one)',
    explains({ what, node }) {
      const last = node.messages.at(-1)
      return (
        ['extent', 'ours refuses', 'ending'].includes(what) &&
        node.ending === 'idle' &&
        last !== undefined &&
        /^1(?!01)/.test(last.line) &&
        !last.keepAlive
      )
    },
  },
  {
    name: '101 without Upgrade',
    why: 'Node waits for a final response; RFC 9110, section 15.2.2, has another protocol spoken from here on, whatever the fields say',
    explains: ({ ours, index }) =>
      ours.ending === 'tunnel' &&
      index >= ours.messages.length - 1 &&
      ours.messages.at(-1)?.line.startsWith('101 ') === true &&
      ours.messages.at(-1)?.upgrade === false,
  },
  {
    name: 'Upgrade in HTTP/1.0',
    why: 'RFC 9110, section 7.8, has it ignored there',
    explains: ({ what, index, ours, node }) =>
      what === 'upgrade' && ours.messages[index]?.minor === 0 && node.messages[index]?.upgrade === true,
  },
]

interface Refused extends Disagreement {
  /** What was not read any more by us. */
  readonly rest: string
  /** The same up to the end of a head. */
  readonly head: string
}

function refuses(rules: readonly string[], why: string, holds: (refused: Refused) => boolean): KnownDifference {
  return {
    name: `refused: ${rules.join(', ')}`,
    why,
    explains(disagreement) {
      const { ours, text, what } = disagreement
      if (what !== 'ours refuses' || !rules.includes(ours.error)) return false
      const rest = text.slice(ours.at)
      const end = rest.indexOf('\r\n\r\n')
      return holds({ ...disagreement, rest, head: end < 0 ? rest : rest.slice(0, end + 2) })
    },
  }
}

interface RefusedByNode extends Disagreement {
  /** The first line of the message that Node refuses, as far as we have read it. */
  readonly line: string
  readonly rest: string
}

function nodeRefuses(error: RegExp, why: string, holds: (refused: RefusedByNode) => boolean): KnownDifference {
  return {
    name: `refused by Node: ${error.source}`,
    why,
    explains(disagreement) {
      const { ours, node, text, what, index } = disagreement
      if (what !== 'node refuses' || !error.test(node.error)) return false
      const rest = text.slice(ours.at)
      const line = ours.messages[index]?.line ?? rest.replace(/^(?:\r\n)+/, '').split('\r', 1)[0] ?? ''
      return holds({ ...disagreement, rest, line })
    },
  }
}

/** But for those that llhttp has for the sake of other protocols. */
const USUAL_METHODS = new Set(KNOWN_METHODS.filter((method) => method !== 'SOURCE' && method !== 'PRI'))

function fieldsAt({ messages }: Outcome, index: number): string {
  return messages[index]?.fields ?? ''
}

function finalResponses(messages: readonly ReadMessage[]): number {
  return messages.filter(({ line }) => !/^1(?!01)/.test(line)).length
}

const REQUEST_LINE =
  /^[!#$%&'*+.^_`|~\w-]+ (?:\/[\x21-\x7e\x80-\xff]*|\*|[a-z][a-z\d+.-]*:\/\/(?:[^\s/?#@[\]]*@)?[^\s/?#@]+(?:[/?#][\x21-\x7e\x80-\xff]*)?|(?:\[[\da-f:.]+\]|[^\s/?#@[\]:]+):\d{1,5}) HTTP\/1\.[01]\r\n/i
const STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/

function count(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0
}
