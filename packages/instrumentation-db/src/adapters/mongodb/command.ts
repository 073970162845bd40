/** Commands whose value is a collection; others' may be a user, log or number. */
const OF_COLLECTIONS = new Set([
  'aggregate',
  'collMod',
  'collStats',
  'compact',
  'count',
  'create',
  'createIndexes',
  'createSearchIndexes',
  'delete',
  'distinct',
  'drop',
  'dropIndexes',
  'dropSearchIndex',
  'find',
  'findAndModify',
  'insert',
  'killCursors',
  'listIndexes',
  'mapReduce',
  'reIndex',
  'update',
  'updateSearchIndex',
  'validate',
]);

/** For the driver's own needs: ending sessions, and authentication renewed at the server's request. */
const OWN = new Set(['endSessions', 'saslStart', 'saslContinue']);

/** Write commands' operations. */
const BATCHES: Readonly<Record<string, string>> = {
  insert: 'documents',
  update: 'updates',
  delete: 'deletes',
  bulkWrite: 'ops',
};

/** The server's limit for names, bytes; a longer one may be anything. */
const MAX_NAME = 255;

type Command = Readonly<Record<string, unknown>>;

/** The first key. */
export function operationOf(command: Command): string | undefined {
  for (const name in command) return OWN.has(name) || !/^[a-z_]{1,64}$/i.test(name) ? undefined : name;
  return undefined;
}

export function collectionOf(command: Command, operation: string): string | undefined {
  const value = operation === 'getMore' ? command['collection'] : OF_COLLECTIONS.has(operation) && command[operation];
  return typeof value === 'string' ? nameOf(value) : undefined;
}

export function nameOf(name: string): string | undefined {
  return name.length <= MAX_NAME ? name : undefined;
}

/** An array, since 6.10 a `DocumentSequence` (mongodb/lib/cmap/commands.js). */
export function batchSizeOf(command: Command, operation: string): number | undefined {
  const name = BATCHES[operation];
  if (name === undefined) return undefined;
  const batch = command[name] as { length?: unknown; documents?: { length?: unknown } } | undefined;
  const size = batch?.length ?? batch?.documents?.length;
  return typeof size === 'number' ? size : undefined;
}
