/**
 * Environment variables as the OpenTelemetry specification reads them: an empty value is an unset one,
 * a wrong value gets one line and the default. Lines are collected, since the logger itself is configured here.
 */
export class Env {
  readonly #env: NodeJS.ProcessEnv;
  readonly #told: string[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** What was wrong, a line each; to be told once the logger stands. */
  get told(): readonly string[] {
    return this.#told;
  }

  /** Notes a wrong value: which variable, what it says, what is used instead. */
  wrong(name: string, value: string, instead: string): void {
    const shown = value.length > 64 ? `${value.slice(0, 64)}…` : value;
    this.#told.push(`${name}=${JSON.stringify(shown)} ${instead}`);
  }

  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** The first of several names that is set, with its name: a signal's own variable before the general one. */
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

  /** A whole number of at least `least`. */
  integer(names: readonly string[], byDefault: number, least = 0): number {
    const given = this.first(...names);
    if (!given) return byDefault;
    const number = Number(given.value);
    if (Number.isSafeInteger(number) && number >= least) return number;
    const shown = byDefault === Infinity ? 'no limit' : byDefault;
    this.wrong(given.name, given.value, `is not a whole number of ${least} or more, ${shown} is used`);
    return byDefault;
  }

  /** A number above zero, with a fraction if need be. */
  ratio(name: string, byDefault: number): number {
    const value = this.text(name);
    if (value === undefined) return byDefault;
    const number = Number(value);
    if (number > 0 && number < Infinity) return number;
    this.wrong(name, value, `is not a number above 0, ${byDefault} is used`);
    return byDefault;
  }

  /** One of a fixed set of words. */
  oneOf<const W extends string>(names: readonly string[], words: readonly W[], byDefault: W): W {
    const given = this.first(...names);
    if (!given) return byDefault;
    const word = given.value.toLowerCase() as W;
    if (words.includes(word)) return word;
    this.wrong(given.name, given.value, `is none of ${words.join(', ')}, ${byDefault} is used`);
    return byDefault;
  }

  /** A comma-separated list, trimmed, without empty entries; undefined when unset. */
  list(name: string): string[] | undefined {
    const entries = this.text(name)
      ?.split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
    return entries?.length ? entries : undefined;
  }

  url(name: string, value: string, byDefault: string): string {
    try {
      const url = new URL(value);
      if (url.protocol === 'http:' || url.protocol === 'https:') return value;
    } catch {
      // told below
    }
    this.wrong(name, value.replace(/\/\/[^/@]*@/, '//…@'), `is not an http(s) URL, ${byDefault} is used`);
    return byDefault;
  }

  /**
   * `key1=value1,key2=value2` with percent-encoded values, the form of OTEL_RESOURCE_ATTRIBUTES and
   * OTEL_EXPORTER_OTLP_HEADERS. One bad pair voids the whole value, as the specification says.
   */
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
      // Headers carry keys and tokens: the value is not shown.
      this.#told.push(`${name} is not of the form key=value,key=value with percent-encoded values, it is ignored`);
      return {};
    }
  }
}
