import { dependencies, type Hooks, type Settings } from '@foreshock/kit';

/** undici's names by its symbols' (lib/core/symbols.js of 5 to 8). */
const OF_CLIENTS: Readonly<Record<string, string>> = {
  'headers timeout': 'headersTimeout',
  'body timeout': 'bodyTimeout',
  'default keep alive timeout': 'keepAliveTimeout',
  'max keep alive timeout': 'keepAliveMaxTimeout',
  pipelining: 'pipelining',
  maxRequestsPerClient: 'maxRequestsPerClient',
  'max response size': 'maxResponseSize',
};
/** lib/dispatcher/pool.js; null: no limit. */
const OF_POOLS: Readonly<Record<string, string>> = { connections: 'connections' };

/** lib/global.js of undici 5 and 6, and of 7 and 8. */
const GLOBAL = ['undici.globalDispatcher.1', 'undici.globalDispatcher.2'].map((name) => Symbol.for(name));

/** Of a `Pool` or a `Client`, for `/config`. */
export function noteDispatcher(dispatcher: object): void {
  dependencies()?.settings.note('undici', dispatcher, describe);
}

/** Those of `fetch`: Node's own undici cannot be hooked. */
export function noteGlobalDispatchers(hooks: Hooks): void {
  const known = dependencies()?.settings;
  if (!known) return;
  const source = function* (): Generator<Settings> {
    for (const agent of new Set(GLOBAL.map((key) => (globalThis as Record<symbol, unknown>)[key]))) {
      const clients = symbolsOf(agent).get('clients');
      if (!(clients instanceof Map)) continue;
      for (const each of clients.values()) {
        const dispatcher: object | undefined = each.deref ? each.deref() : (each.dispatcher ?? each);
        if (dispatcher && !known.has(dispatcher)) yield { library: 'undici', ...describe(dispatcher) };
      }
    }
  };
  known.sources.add(source);
  hooks.onUndo(() => known.sources.delete(source));
}

function describe(dispatcher: object): Omit<Settings, 'library'> {
  const own = symbolsOf(dispatcher);
  const clients = own.get('clients');
  const client = Array.isArray(clients) ? symbolsOf(clients[0]) : own;
  const url = own.get('url');
  return {
    name: url instanceof URL ? url.origin : undefined,
    values: { ...numbersOf(own, OF_POOLS), ...numbersOf(client, OF_CLIENTS) },
  };
}

function numbersOf(values: ReadonlyMap<string, unknown>, names: Readonly<Record<string, string>>) {
  const found: Record<string, number> = {};
  for (const [symbol, name] of Object.entries(names)) {
    const value = values.get(symbol);
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}

/** By description. */
function symbolsOf(object: unknown): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  if (typeof object !== 'object' || object === null) return values;
  for (const symbol of Object.getOwnPropertySymbols(object)) {
    values.set(symbol.description ?? '', (object as Record<symbol, unknown>)[symbol]);
  }
  return values;
}
