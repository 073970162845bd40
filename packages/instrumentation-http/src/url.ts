/** Clients choose their length. */
const MAX_LENGTH = 2_048;

export function cut(text: string): string {
  return text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) : text;
}

/** The semantic conventions' (`url.full`), and usual token and key names. */
const SECRET = new Set([
  'awsaccesskeyid',
  'signature',
  'sig',
  'x-amz-signature',
  'x-amz-credential',
  'x-amz-security-token',
  'x-goog-signature',
  'access_token',
  'api_key',
  'apikey',
  'client_secret',
  'id_token',
  'password',
  'refresh_token',
  'token',
]);
const LONGEST_SECRET = Math.max(...Array.from(SECRET, (name) => name.length));

function isSecret(name: string): boolean {
  if (SECRET.has(name)) return true;
  let plain = name;
  if (name.includes('%') && name.length <= 3 * LONGEST_SECRET) {
    try {
      plain = decodeURIComponent(name);
    } catch {
      return false;
    }
  }
  return plain.length <= LONGEST_SECRET && SECRET.has(plain.toLowerCase());
}

/** Secrets become `REDACTED`. */
export function redactQuery(query: string): string {
  const text = cut(query);
  let redacted = '';
  let kept = 0;
  for (let start = 0; start < text.length;) {
    const ampersand = text.indexOf('&', start);
    const end = ampersand < 0 ? text.length : ampersand;
    const equals = text.indexOf('=', start);
    if (equals >= 0 && equals < end && isSecret(text.slice(start, equals))) {
      redacted += `${text.slice(kept, equals)}=REDACTED`;
      kept = end;
    }
    start = end + 1;
  }
  return kept === 0 ? text : redacted + text.slice(kept);
}

/** Perhaps an absolute URL (to a proxy), `*` or an authority. */
export function splitTarget(target: string): { path: string; query: string } {
  let start = 0;
  if (target.charCodeAt(0) !== SLASH) {
    const scheme = target.indexOf('://');
    if (scheme > 0 && scheme < 8) start = endOfAuthority(target, scheme + 3);
  }
  const fragment = target.indexOf('#', start);
  const end = fragment < 0 ? target.length : fragment;
  const mark = target.indexOf('?', start);
  if (mark < 0 || mark > end) return { path: target.slice(start, end) || '/', query: '' };
  return { path: target.slice(start, mark) || '/', query: target.slice(mark + 1, end) };
}

const SLASH = 47;

/** Without secrets and credentials. */
export function fullUrl(origin: string, target: string): string {
  const url = target.charCodeAt(0) === SLASH || !target.includes('://') ? origin + target : redactUserinfo(target);
  const mark = url.indexOf('?');
  return mark < 0 ? cut(url) : cut(`${url.slice(0, mark + 1)}${redactQuery(url.slice(mark + 1))}`);
}

function redactUserinfo(url: string): string {
  const start = url.indexOf('://') + 3;
  const at = url.lastIndexOf('@', endOfAuthority(url, start));
  return at < start ? url : `${url.slice(0, start)}REDACTED:REDACTED${url.slice(at)}`;
}

function endOfAuthority(url: string, start: number): number {
  let end = url.length;
  for (const mark of ['/', '?', '#']) {
    const at = url.indexOf(mark, start);
    if (at >= 0 && at < end) end = at;
  }
  return end;
}
