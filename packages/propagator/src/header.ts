import { reject, type Header } from './rejected-input.ts';

/** No header we read may be longer, in characters; Node's own limit for all headers together is 16 KiB. */
export const MAX_HEADER_LENGTH = 8_192;

/**
 * The text of a header that may be sent once. Node joins repeated headers with commas, other carriers
 * hand over an array; two are as good as none, whoever sent the second.
 */
export function soleText(header: Header, value: unknown): string | undefined {
  const sole = Array.isArray(value) && value.length <= 1 ? value[0] : value;
  if (sole === undefined || sole === null || sole === '') return undefined;
  if (typeof sole === 'string') return sole.length > MAX_HEADER_LENGTH ? reject(header, 'too_long') : sole;
  return reject(header, Array.isArray(sole) ? 'duplicated' : 'not_text');
}

/**
 * The text of a header whose value is a list: repeated headers are one list, in their order (RFC 9110,
 * 5.3). It may be longer than {@link MAX_HEADER_LENGTH}, by its last part; what to do then is the list's.
 */
export function listText(header: Header, value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return reject(header, 'not_text');
  let joined: string | undefined;
  for (const part of value) {
    if (typeof part !== 'string') return reject(header, 'not_text');
    joined = joined === undefined ? part : `${joined},${part}`;
    if (joined.length > MAX_HEADER_LENGTH) break;
  }
  return joined;
}

/** Optional white space around a list member: space and tab, nothing else (RFC 9110, 5.6.3). */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return end - start === text.length ? text : text.slice(start, end);
}
