import { guard } from './guard.ts';

/** A client's, pool's, server's or policy's, as it runs. */
export interface Settings {
  readonly library: string;
  /** Such as a pool's name; never an address with a user. */
  readonly name: string | undefined;
  /** By path, such as `retry.limit`. */
  readonly values: Readonly<Record<string, number | boolean | string>>;
}

/** Of time-outs, limits, retries; no texts, so no secrets. */
const WANTED =
  /time|duration|retr|attempt|max|min|limit|delay|interval|backoff|idle|alive|concurren|threshold|jitter|factor|ttl|lifetime|capacity|tries|volume|increment|queue|pool|size|reject|forever|offline|heartbeat/i;
/** What only looks like one. */
const UNWANTED = /^(?:runtime|timeStamp|_)|metadata|monitor|uptime|pass|secret|key$/i;
const MAX_VALUES = 60;
const MAX_DEPTH = 3;

/** Numbers, booleans, and that something is a function: read when asked for. */
export function plainSettings(...sources: readonly unknown[]): Settings['values'] {
  const values: Record<string, number | boolean | string> = {};
  for (const source of sources) collect(source, '', 0, values);
  return values;
}

/** Of an object that has more than settings: numbers, switches, and that something is a function. */
export function namedSettings(source: object, names: readonly string[]): Settings['values'] {
  const values: Record<string, number | boolean | string> = {};
  for (const name of names) {
    const value: unknown = (source as Record<string, unknown>)[name];
    if (typeof value === 'number' || typeof value === 'boolean')
      values[name] = Number.isFinite(value) || typeof value === 'boolean' ? value : String(value);
    else if (typeof value === 'function') values[name] = 'function';
  }
  return values;
}

function collect(source: unknown, path: string, depth: number, into: Record<string, number | boolean | string>): void {
  if (typeof source !== 'object' || source === null || Array.isArray(source) || depth >= MAX_DEPTH) return;
  for (const [name, value] of Object.entries(source)) {
    if (Object.keys(into).length >= MAX_VALUES) return;
    const at = path + name;
    if (UNWANTED.test(name) || /[^\w.]/.test(name)) continue;
    const isPlain = typeof value === 'boolean' || (typeof value === 'number' && !Number.isNaN(value));
    // By its name, or by its group's: `retry.limit`.
    if (isPlain && WANTED.test(at))
      into[at] ??= Number.isFinite(value) || typeof value === 'boolean' ? value : String(value);
    else if (typeof value === 'function' && /retr|delay|backoff|strategy/i.test(name)) into[at] ??= 'function';
    else if (Object.getPrototypeOf(value ?? 0) === Object.prototype) collect(value, `${at}.`, depth + 1, into);
  }
}

const MAX_CLIENTS = 200;
const MAX_POLICIES = 50;

interface Noted {
  readonly library: string;
  readonly of: WeakRef<object>;
  readonly describe: (object: any) => Omit<Settings, 'library'>;
}

/** While `/config` is served. */
export class KnownSettings {
  readonly #seen = new WeakSet<object>();
  #noted: Noted[] = [];
  readonly #policies = new Map<string, Settings>();
  /** Of what is known elsewhere. */
  readonly sources = new Set<() => Iterable<Settings>>();

  has(object: object): boolean {
    return this.#seen.has(object);
  }

  note<T extends object>(library: string, object: T, describe: (object: T) => Omit<Settings, 'library'>): void {
    if (this.#seen.has(object)) return;
    this.#seen.add(object);
    if (this.#noted.length >= MAX_CLIENTS) this.#noted = this.#noted.filter(({ of }) => of.deref() !== undefined);
    if (this.#noted.length < MAX_CLIENTS) this.#noted.push({ library, of: new WeakRef(object), describe });
  }

  /** Of a single call: equal ones once. */
  notePolicy(library: string, ...sources: readonly unknown[]): void {
    if (this.#policies.size >= MAX_POLICIES) return;
    const values = plainSettings(...sources);
    if (Object.keys(values).length === 0) return;
    this.#policies.set(`${library} ${JSON.stringify(values)}`, { library, name: undefined, values });
  }

  *[Symbol.iterator](): Generator<Settings> {
    for (const { library, of, describe } of this.#noted) {
      const object = of.deref();
      const described = object && guard('settings', () => describe(object));
      if (described) yield { library, ...described };
    }
    for (const source of this.sources) yield* guard('settings', () => [...source()]) ?? [];
    yield* this.#policies.values();
  }
}
