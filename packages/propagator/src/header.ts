import { reject, type Header } from './rejected-input.ts';

/** Characters; Node limits all headers to 16 KiB. */
export const MAX_HEADER_LENGTH = 8_192;

/** A header that may be sent once: repeated, its source is unknown. */
export function soleText(header: Header, value: unknown): string | undefined {
  const sole = Array.isArray(value) && value.length <= 1 ? value[0] : value;
  if (sole === undefined || sole === null || sole === '') return undefined;
  if (typeof sole === 'string') return sole.length > MAX_HEADER_LENGTH ? reject(header, 'too_long') : sole;
  return reject(header, Array.isArray(sole) ? 'duplicated' : 'not_text');
}

/** A list header, repeated ones joined (RFC 9110, 5.3). Parsers handle a last part beyond {@link MAX_HEADER_LENGTH}. */
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

/** Space and tab only (RFC 9110, 5.6.3). */
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
