import { printable } from '@foreshock/explain';

const SECRET_KEY =
  /authorization|cookie|passw|secret|token|api[-_.]?key|credential|session[-_.]?id|private[-_.]?key|signature/i;
const QUERY_TEXT = /^db\.(?:query\.text|statement)$/;
const LEFT_OUT = '[left out]';
const MOST_CHARACTERS = 300;

const SECRETS: [RegExp, string][] = [
  [/(:\/\/)[^\s/@]{1,200}@/g, '$1…@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${LEFT_OUT}`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, LEFT_OUT],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, LEFT_OUT],
  [/\b(?:gh[pousr]_|xox[abprs]-|sk-|sk_live_|rk_live_)[\w-]{10,}/g, LEFT_OUT],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*/g, LEFT_OUT],
  [/((?:passw(?:or)?d|secret|token|api[-_]?key)["']?\s{0,5}[=:]\s{0,5}["']?)[^\s"'&,;)]+/gi, `$1${LEFT_OUT}`],
  // Parameters in URLs, paths.
  [/\?[\w.%-]{1,200}=\S*/g, '?…'],
];

/** A trace's text without possible secrets, on one line, cut. */
export function redacted(text: string, most = MOST_CHARACTERS): string {
  let left = text.slice(0, 8 * MOST_CHARACTERS);
  for (const [secret, instead] of SECRETS) left = left.replace(secret, instead);
  left = printable(left);
  return left.length > most ? `${left.slice(0, most)}…` : left;
}

/** As text. */
export function shownValue(key: string, value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (SECRET_KEY.test(key)) return LEFT_OUT;
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return redacted(QUERY_TEXT.test(key) ? text.replace(/'(?:[^'\\]|\\.)*'?/g, '?') : text);
}
