import type { Adapter } from '@foreshock/kit';
import { afterAll } from 'vitest';
import { aliasesOf } from '../installed.ts';
import { IS_MATRIX, SUPPORTED_NODES } from '../nodes.ts';
import { adapterContract, mutantContract, type AdapterContract } from './adapter-contract.ts';
import { contractFolder, type ContractFolder } from './contract-app.ts';
import { ROOM_CHECKS, type Loader, type Room } from './job.ts';
import { IS_OF_MUTANTS, type Mutant } from './mutant.ts';

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

/** Besides the oldest and newest. */
export interface Versions {
  /** Default `fixture.mjs`. */
  fixture?: string;
  /** With their own code path. */
  also?: readonly string[];
  /** No older version supports this. */
  newestOnly?: boolean;
  /** By alias. */
  versions?: Record<string, { libraries?: Record<string, string>; skip?: AdapterContract['skip'] }>;
}

/** Beyond the folder's. */
export interface LibraryContract extends Omit<AdapterContract, Derived>, Versions {
  /** False: another fixture has these checks. */
  isRoomChecked?: boolean;
  /** Default: the room's. */
  instrumentation?: AdapterContract['instrumentation'];
  /** The room's; `npm run test:mutants` examines the library's. */
  mutants?: readonly Mutant[];
}

export interface VersionedApp extends ContractFolder {
  alias: string;
  /** Default: the test's own. */
  node?: 22 | 24 | 26;
  loaders: readonly Loader[];
}

/** @param folder `import.meta.url` */
export function versionedApps(
  adapter: Adapter<any>,
  folder: string,
  { fixture = 'fixture.mjs', also = [], newestOnly = false, versions = {} }: Versions = {},
): VersionedApp[] {
  const aliases = aliasesFor(adapter, folder, also);
  const isAlone = newestOnly || aliases.length === 1;
  return (isAlone || !IS_MATRIX ? aliases.slice(-1) : aliases).flatMap((alias, i): VersionedApp[] => {
    const libraries = { ...(alias !== adapter.library && { [adapter.library]: alias }), ...versions[alias]?.libraries };
    const app = contractFolder(folder, fixture, libraries);
    afterAll(() => app.remove());
    if (!IS_MATRIX) return [{ ...app, alias, loaders: ['import'] }];
    const both: readonly Loader[] = ['import', 'require'];
    // Each version and each Node has both.
    return SUPPORTED_NODES.map((node, n) =>
      Object.assign({ alias, node, loaders: isAlone ? both : [both[(i + n + 1) % 2]!] }, app),
    );
  });
}

/**
 * Declares an adapter's contract: in `npm test` the newest version with `import`, in the matrix all.
 *
 * @param folder `import.meta.url`
 */
export function libraryContract(adapter: Adapter<any>, folder: string, described: LibraryContract): void {
  const { mutants = [] } = described;
  const own = mutants.filter(({ library }) => library === adapter.library);
  if (IS_OF_MUTANTS && own.length === 0) return;
  for (const app of versionedApps(adapter, folder, described)) {
    const spec = specOf(adapter, folder, described, app);
    if (IS_OF_MUTANTS) mutantContract(spec, own);
    else adapterContract(spec);
  }
}

function specOf(adapter: Adapter<any>, folder: string, described: LibraryContract, app: VersionedApp): AdapterContract {
  const { fixture, also: _, newestOnly: __, mutants: ___, versions, isRoomChecked = true, ...contract } = described;
  const room = roomOf(folder);
  const { alias, node, loaders, ...files } = app;
  return {
    library: adapter.library,
    instrumentation: { module: new URL('../../index.ts', folder).href, export: `${room}Instrumentation` },
    shows: adapter.shows,
    rooms: isRoomChecked ? roomsOf(room, adapter) : [],
    ...(adapter.upstream[0] && { upstream: adapter.upstream[0] }),
    ...contract,
    ...(fixture?.endsWith('.cjs') ? { fixture: files.fixtureCjs } : files),
    ...(node && { node }),
    loaders,
    skip: {
      ...(adapter.upstream.length === 0 && { 'upstream active': 'upstream has no instrumentation of it' }),
      ...contract.skip,
      ...versions?.[alias]?.skip,
    },
  };
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
  // Part of Node, or ours.
  if (aliases.length === 0) return [library];
  return aliases.filter((alias, i) => i === 0 || i === aliases.length - 1 || also.includes(alias));
}
