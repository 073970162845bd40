/** In ms: Node's timers end at 2^31; times are added. */
const MAX_MS = 24 * 60 * 60 * 1000;

export function wrongValue(name: string, value: string, instead: string): string {
  const shown = withoutSecrets(value);
  return `${name}=${JSON.stringify(shown.length > 64 ? `${shown.slice(0, 64)}…` : shown)} ${instead}`;
}

/** They may contain keys. */
function withoutSecrets(value: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*:\/+)?(.*)$/is.exec(value) ?? [];
  const at = rest.lastIndexOf('@');
  // `@` may begin a package's scope.
  const isUser = at > 0 && (scheme !== '' || rest[at - 1] !== ',' || rest.slice(0, at).includes(':'));
  return scheme + (isUser ? `…${rest.slice(at)}` : rest).replace(/([?#]).*$/s, '$1…');
}

/** As OpenTelemetry specifies: wrong values give a warning and the default. Warnings wait for the logger. */
export class Env {
  readonly #env: NodeJS.ProcessEnv;
  readonly #warnings: string[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  wrong(name: string, value: string, instead: string): void {
    this.#warnings.push(wrongValue(name, value, instead));
  }

  /** Set, but not supported. */
  unread(name: string): void {
    if (this.text(name) !== undefined) this.#warnings.push(`${name} is set, Foreshock does not read it`);
  }

  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** Whether set to empty, which turns a default off. */
  isEmpty(name: string): boolean {
    return this.#env[name]?.trim() === '';
  }

  /** The first one set: the signal's before the general. */
  first(...names: string[]): { name: string; value: string } | undefined {
    for (const name of names) {
      const value = this.text(name);
      if (value !== undefined) return { name, value };
    }
    return undefined;
  }

  boolean(name: string, byDefault: boolean): boolean {
    const value = this.text(name);
    if (value === undefined) return byDefault;
    const lower = value.toLowerCase();
    if (lower === 'true' || lower === 'false') return lower === 'true';
    this.wrong(name, value, `is neither true nor false, ${byDefault} is used`);
    return byDefault;
  }

  integer(names: readonly string[], byDefault: number, least = 0): number {
    const given = this.first(...names);
    if (!given) return byDefault;
    const number = Number(given.value);
    if (Number.isSafeInteger(number) && number >= least) return number;
    const shown = byDefault === Infinity ? 'no limit' : byDefault;
    this.wrong(given.name, given.value, `is not a whole number of ${least} or more, ${shown} is used`);
    return byDefault;
  }

  /** Whole, up to a day. */
  milliseconds(names: readonly string[], byDefault: number, least = 0): number {
    const ms = this.integer(names, byDefault, least);
    if (ms <= MAX_MS) return ms;
    const { name, value } = this.first(...names)!;
    this.wrong(name, value, `is more than a day in milliseconds, ${MAX_MS} is used`);
    return MAX_MS;
  }

  /** A number above zero. */
  ratio(name: string, byDefault: number): number {
    const value = this.text(name);
    if (value === undefined) return byDefault;
    const number = Number(value);
    if (number > 0 && number < Infinity) return number;
    this.wrong(name, value, `is not a number above 0, ${byDefault} is used`);
    return byDefault;
  }

  oneOf<const W extends string>(names: readonly string[], words: readonly W[], byDefault: W): W {
    const given = this.first(...names);
    if (!given) return byDefault;
    const word = given.value.toLowerCase() as W;
    if (words.includes(word)) return word;
    this.wrong(given.name, given.value, `is none of ${words.join(', ')}, ${byDefault} is used`);
    return byDefault;
  }

  /** Comma-separated, trimmed, without empty entries. */
  list(name: string): string[] | undefined {
    const entries = this.text(name)
      ?.split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
    return entries?.length ? entries : undefined;
  }

  /** Known entries, deduplicated, and others. */
  known<const W extends string>(asked: readonly string[], words: readonly W[]): { found: W[]; unknown: string[] } {
    const isKnown = (entry: string): entry is W => words.includes(entry as W);
    return { found: [...new Set(asked.filter(isKnown))], unknown: asked.filter((entry) => !isKnown(entry)) };
  }

  url(name: string, value: string, byDefault: string): string {
    return this.isUrl(name, value, `${byDefault} is used`) ? value : byDefault;
  }

  /** @param instead of a wrong one */
  isUrl(name: string, value: string, instead: string): boolean {
    try {
      const url = new URL(value);
      if (url.protocol === 'http:' || url.protocol === 'https:') return true;
    } catch {
      // reported below
    }
    this.wrong(name, value, `is not an http(s) URL, ${instead}`);
    return false;
  }

  /** `key1=value1,key2=value2`, percent-encoded. One invalid pair voids the value (specification). */
  pairs(name: string): Record<string, string> {
    const value = this.text(name);
    if (value === undefined) return {};
    const pairs: Record<string, string> = {};
    try {
      for (const entry of value.split(',')) {
        if (entry.trim() === '') continue;
        const at = entry.indexOf('=');
        if (at < 1) throw new TypeError('no key');
        pairs[decodeURIComponent(entry.slice(0, at).trim())] = decodeURIComponent(entry.slice(at + 1).trim());
      }
      return pairs;
    } catch {
      // Headers hold secrets.
      this.#warnings.push(`${name} is not of the form key=value,key=value with percent-encoded values, it is ignored`);
      return {};
    }
  }
}
