import type { Adapter } from '@foreshock/kit';
import { afterAll } from 'vitest';
import { aliasesOf } from '../installed.ts';
import { adapterContract, type AdapterContract } from './adapter-contract.ts';
import { contractFolder, type ContractFolder } from './contract-app.ts';
import { ROOM_CHECKS, type Loader, type Room } from './job.ts';

type Derived =
  | 'library'
  | 'rooms'
  | 'shows'
  | 'instrumentation'
  | 'fixture'
  | 'fixtureCjs'
  | 'loaders'
  | 'libraries'
  | 'upstream'
  | 'shows'
  | 'node';

/** Which versions of its library an adapter is examined with, beside the oldest and the newest. */
export interface Versions {
  /** File in the folder; default `fixture.mjs`. */
  fixture?: string;
  /** Aliases of versions between the oldest and the newest that go another way through the adapter. */
  also?: readonly string[];
  /** A way of use that no older version has. */
  newestOnly?: boolean;
  /** What changes with a version, by its alias: libraries beside it, checks that do not apply. */
  versions?: Record<string, { libraries?: Record<string, string>; skip?: AdapterContract['skip'] }>;
}

/** What the contract of an adapter needs beside what its folder says. */
export interface LibraryContract extends Omit<AdapterContract, Derived>, Versions {
  /** Whether the room's checks are made; false where another fixture of the adapter has them. */
  isRoomChecked?: boolean;
  /** Default: the room's own. */
  instrumentation?: AdapterContract['instrumentation'];
}

/** `npm run test:matrix`: all versions instead of the oldest and the newest, each on every supported Node. */
const MATRIX = process.env['FORESHOCK_TEST_MATRIX'] === 'all';
const NODES = [22, 24, 26] as const;

/** An application with one version of the adapter's library. */
export interface VersionedApp extends ContractFolder {
  alias: string;
  /** Which Node it is to run on; default the one that runs the tests. */
  node?: 22 | 24 | 26;
  loaders: readonly Loader[];
}

/**
 * Makes an application of the adapter's folder with each version of its library that is to be examined, on each Node.
 *
 * @param folder `import.meta.url`
 */
export function versionedApps(
  adapter: Adapter<any>,
  folder: string,
  { fixture = 'fixture.mjs', also = [], newestOnly = false, versions = {} }: Versions = {},
): VersionedApp[] {
  const aliases = aliasesFor(adapter, folder, also);
  return (newestOnly ? aliases.slice(-1) : aliases).flatMap((alias, i, { length }) => {
    const libraries = { ...(alias !== adapter.library && { [adapter.library]: alias }), ...versions[alias]?.libraries };
    const app = contractFolder(folder, fixture, libraries);
    afterAll(() => app.remove());
    const loadersOn = (n: number): readonly Loader[] => (length === 1 ? ['import', 'require'] : [loaderOf(i, n)]);
    if (!MATRIX) return [{ ...app, alias, loaders: loadersOn(0) }];
    return NODES.map((node, n) => Object.assign({ alias, node, loaders: loadersOn(n) }, app));
  });
}

/**
 * `npm test` loads the oldest version with `require` and the others with `import`. The matrix changes from version to
 * version and from Node to Node: every version is loaded both ways, and every Node loads both ways.
 */
function loaderOf(version: number, node: number): Loader {
  const isRequired = MATRIX ? (version + node) % 2 === 0 : version === 0;
  return isRequired ? 'require' : 'import';
}

/**
 * Declares the contract of the adapter in a folder: with its oldest version as a CommonJS module, and with its newest as
 * an ES module.
 *
 * @param folder `import.meta.url`
 */
export function libraryContract(adapter: Adapter<any>, folder: string, described: LibraryContract): void {
  const { fixture, also: _, newestOnly: __, versions, isRoomChecked = true, ...contract } = described;
  const room = roomOf(folder);
  const apps = versionedApps(adapter, folder, described);
  for (const { alias, node, loaders, ...app } of apps) {
    adapterContract({
      library: adapter.library,
      instrumentation: { module: new URL('../../index.ts', folder).href, export: `${room}Instrumentation` },
      shows: adapter.shows,
      rooms: isRoomChecked ? roomsOf(room, adapter) : [],
      ...(adapter.upstream[0] && { upstream: adapter.upstream[0] }),
      ...contract,
      ...(fixture?.endsWith('.cjs') ? { fixture: app.fixtureCjs } : app),
      ...(node && { node }),
      loaders,
      skip: {
        ...(adapter.upstream.length === 0 && { 'stands aside': 'upstream has no instrumentation of it' }),
        ...contract.skip,
        ...versions?.[alias]?.skip,
      },
    });
  }
}

/** `packages/instrumentation-<room>` exports `<room>Instrumentation`. */
function roomOf(folder: string): string {
  const room = /\/instrumentation-([a-z]+)\/src\/adapters\//.exec(folder)?.[1];
  if (!room) throw new Error(`${folder} is in no room`);
  return room;
}

function roomsOf(room: string, { shows }: Adapter<any>): Room[] {
  if (room === 'schedule') return [room];
  if (room === 'resilience') {
    return [
      ...(shows.includes('attempt or hit') ? ['retry' as const] : []),
      ...(shows.includes('state') ? ['breaker' as const] : []),
    ];
  }
  return Object.hasOwn(ROOM_CHECKS, room) ? [room as Room] : [];
}

function aliasesFor(adapter: Adapter<any>, folder: string, also: readonly string[]): string[] {
  const { library, versions, libraryVersions = versions } = adapter;
  const aliases = aliasesOf(library, libraryVersions, new URL(folder)).map(({ alias }) => alias);
  // A part of Node, or ours.
  if (aliases.length === 0) return [library];
  return MATRIX ? aliases : aliases.filter((alias, i) => i === 0 || i === aliases.length - 1 || also.includes(alias));
}
