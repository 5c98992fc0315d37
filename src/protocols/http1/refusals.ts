import type { Refusal } from './events.ts'

/**
 * Every reason to refuse a message: what a client is answered, and a sentence. The names are words that logs, metrics and tests rely on.
 *
 * Refused is what one reader of the stream could take for something else than another reader does (request smuggling: RFC 9112, sections 11.1 and
 * 11.2), and what has no bounds. Nothing is repaired: a proxy that passes on the bytes that it has read must agree with what it passes on.
 */
const RULES = {
  // The start of a message
  tls: [400, 'This is TLS where HTTP without TLS is spoken'],
  http2: [505, 'HTTP/2 is not supported here, only HTTP/1.1 and HTTP/1.0'],
  empty_line: [400, 'More than one empty line in front of a request'],
  bad_request_line: [400, 'The first line of a request must be `method SP target SP version`'],
  bad_method: [400, 'The method must be a token'],
  bad_target: [
    400,
    'The request target must be a path, `*`, an absolute URL, or `host:port` for CONNECT, without spaces',
  ],
  bad_version: [505, 'The version must be HTTP/1.1 or HTTP/1.0'],
  bad_status_line: [502, 'The first line of a response must be `version SP three digits SP reason`'],
  unexpected_response: [502, 'The upstream sent bytes where no response is expected'],
  // Lines and fields
  bare_lf: [400, 'A line must end with CR LF; there is an LF without a CR'],
  bare_cr: [400, 'A CR must be followed by an LF'],
  control_character: [400, 'A line holds a control character'],
  obs_fold: [400, 'A line of the head begins with white space'],
  bad_field_name: [400, 'A line of the head must be `name: value`, with a token as the name'],
  space_before_colon: [400, 'There is white space between the name of a field and its colon'],
  // Bounds
  target_too_long: [414, 'The first line of the request is longer than a head may be'],
  head_too_large: [431, 'The head is larger than a head may be'],
  too_many_headers: [431, 'The head has more fields than it may have'],
  trailers_too_large: [431, 'The trailers are larger than a head may be'],
  too_many_trailers: [431, 'The trailers have more fields than a head may have'],
  // Where the body ends
  bad_content_length: [400, 'Content-Length must be digits alone, below 2^53'],
  repeated_content_length: [400, 'There is more than one Content-Length'],
  bad_transfer_encoding: [
    400,
    'Transfer-Encoding must be `chunked`, once, without tabs in front or white space behind',
  ],
  unsupported_transfer_encoding: [501, 'Of the transfer codings only `chunked` alone is supported'],
  transfer_encoding_in_http10: [400, 'HTTP/1.0 has no Transfer-Encoding'],
  length_and_transfer_encoding: [400, 'There are both Content-Length and Transfer-Encoding'],
  connect_with_body: [400, 'A CONNECT request has no body'],
  // Host
  missing_host: [400, 'An HTTP/1.1 request must have a Host field'],
  repeated_host: [400, 'There is more than one Host field'],
  bad_host: [400, 'Host must be a name or an address, with or without a port'],
  // Chunks
  bad_chunk_size: [400, 'The size of a chunk must be 1 to 16 hexadecimal digits alone, below 2^53'],
  bad_chunk_extension: [400, 'A chunk extension must be `;name` or `;name=value`, without white space around'],
  chunk_extensions_too_large: [400, 'The chunk extensions of the body are together larger than a head may be'],
  bad_chunk_end: [400, 'The bytes of a chunk must be followed by CR LF'],
  forbidden_trailer: [400, 'Content-Length, Transfer-Encoding and Host may not be trailers'],
} as const satisfies Record<string, readonly [status: number, text: string]>

export type RefusalRule = keyof typeof RULES

export const REFUSAL_RULES: readonly string[] = Object.keys(RULES)

export function refusalOf(rule: RefusalRule): Refusal {
  const [status, text] = RULES[rule]
  return { rule, status, text: `${text}.` }
}

/** The rule for a byte that a line may not hold, where no line ends. */
export function ruleOfByte(byte: number): RefusalRule {
  return byte === 0x0a ? 'bare_lf' : 'control_character'
}
