import { BoundedMap } from '@foreshock/kit';
import { isCommonWord } from './key-words.ts';

/** In characters. */
const MAX_SEGMENT = 24;
const MAX_PREFIX = 64;
/** V8 copies slices this short; longer ones keep the key alive. */
const MAX_COPIED = 12;

/** By first part and separator. */
const shapes = new BoundedMap<string, string>(1_000);

/**
 * A key's kind: `user:42:cart` → `user:*`, `user_42` → `user_*`, `42` → `*`. Only common words are kept.
 *
 * @param prefix the client's, by the same rule
 */
export function shapeOf(key: string, prefix?: string): string {
  if (!prefix || !key.startsWith(prefix)) return firstWordOf(key);
  const rest = firstWordOf(key.slice(prefix.length, prefix.length + MAX_SEGMENT + 2));
  return prefix.length <= MAX_PREFIX && isConstant(prefix) ? prefix + rest : rest;
}

function firstWordOf(key: string): string {
  // A hash tag of Redis Cluster: `{user:1}:cart`.
  const start = key.charCodeAt(0) === 123 ? 1 : 0;
  const end = Math.min(key.length, start + MAX_SEGMENT);
  for (let i = start; i < end; i++) {
    const code = key.charCodeAt(i);
    if (isLetter(code)) continue;
    if (i === start || i + 1 === key.length) break;
    // `-` and `_` separate before a number: `user-42`, but `shopping-cart:42`.
    const joins = code === 45 || code === 95;
    if (joins && !isDigit(key.charCodeAt(i + 1))) continue;
    if (!joins && !isSeparator(code)) break;
    return shapeOfPart(key.slice(start, i + 1));
  }
  return '*';
}

function shapeOfPart(part: string): string {
  const known = shapes.get(part);
  if (known !== undefined) return known;
  const shape = isCommonWord(part.slice(0, -1)) ? `${part}*` : '*';
  return part.length > MAX_COPIED ? shape : shapes.set(part, shape);
}

/** `shop:cache:` */
function isConstant(prefix: string): boolean {
  return (
    isSeparator(prefix.charCodeAt(prefix.length - 1)) &&
    prefix
      .slice(0, -1)
      .split(/[:/.|]/)
      .every(isPlainWord)
  );
}

function isPlainWord(part: string): boolean {
  return /^[a-z]+([-_][a-z]+)*$/i.test(part) && isCommonWord(part);
}

/** `:` `/` `.` `|` */
function isSeparator(code: number): boolean {
  return code === 58 || code === 47 || code === 46 || code === 124;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
