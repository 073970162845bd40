/** No more of a key than this is looked at. */
const MAX_SEGMENT = 24;
const MAX_PREFIX = 64;

/**
 * What kind of key it is, without which one: `user:42:cart` → `user:*`, `user_42` → `user_*`, `42` → `*`.
 *
 * Only the first part is kept, and only if it is a plain word with a separator behind it: a part further back,
 * or a key of one part, may be somebody's name.
 *
 * @param prefix what the client puts before every key: a constant of the application
 */
export function shapeOf(key: string, prefix?: string): string {
  if (prefix && prefix.length <= MAX_PREFIX && key.startsWith(prefix)) {
    return prefix + shapeOf(key.slice(prefix.length, prefix.length + MAX_SEGMENT + 2));
  }
  // `{user:1}:cart` is a hash tag of Redis Cluster.
  const start = key.charCodeAt(0) === 123 ? 1 : 0;
  const end = Math.min(key.length, start + MAX_SEGMENT);
  for (let i = start; i < end; i++) {
    const code = key.charCodeAt(i);
    if (isLetter(code)) continue;
    if (i === start || i + 1 === key.length) break;
    // `:` `/` `.` `|` separate, `-` and `_` do so before a number: `user-42`, but `shopping-cart:42`.
    const separates = code === 58 || code === 47 || code === 46 || code === 124;
    if (separates) return `${key.slice(start, i + 1)}*`;
    if (code !== 45 && code !== 95) break;
    if (isDigit(key.charCodeAt(i + 1))) return `${key.slice(start, i + 1)}*`;
  }
  return '*';
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
