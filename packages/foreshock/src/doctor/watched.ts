import { basename, dirname, join, relative } from 'node:path';
import { isBundle } from '../bundled-server.ts';
import { isAgent, SDK } from './agents.ts';
import { apiFindings } from './api-copies.ts';
import { look, ok, wrong, type Finding } from './finding.ts';
import { packageIn } from './installed.ts';
import { bundled, outOfRange } from './project.ts';
import { SUPPORTED } from './supported.ts';
import type { ThreadRecord, WatchedLibrary } from './watch/record.ts';

const API = '@opentelemetry/api';

/** What one process's instrumentations gave. */
export function watchedFindings(threads: readonly ThreadRecord[]): Finding[] {
  const main = threads.find(({ thread }) => thread === 0);
  if (!main) return [];
  return [
    ...started(main),
    ...workers(threads),
    ...tracers(main),
    ...(main.isStarted ? libraries(threads) : []),
    ...early(main),
    ...bundles(main),
    ...apis(threads),
  ];
}

function started(main: ThreadRecord): Finding[] {
  if (main.preloadError !== undefined)
    return [
      wrong(
        'preload',
        `foreshock/register cannot be read (${main.preloadError})`,
        'with --permission: --allow-fs-read for it',
      ),
    ];
  if (!main.isRegistered)
    return [wrong('preload', 'foreshock/register was named, and has not run', 'look at what the command says above')];
  if (!main.isStarted)
    return [
      wrong(
        'preload',
        'Foreshock could not start',
        'its line on standard error says why; is @opentelemetry/api installed?',
      ),
    ];
  if (!main.isOurs) return [];
  return [
    look(
      'preload',
      'loaded by the doctor; the command itself does not load it',
      'start it with: node --require foreshock/register …',
    ),
  ];
}

function workers(threads: readonly ThreadRecord[]): Finding[] {
  const without = threads.filter(({ thread, isRegistered }) => thread > 0 && !isRegistered);
  if (without.length === 0) return [];
  return [
    wrong(
      'workers',
      `${without.length} worker thread${without.length === 1 ? '' : 's'} started without the preload`,
      'their execArgv leaves it out: set NODE_OPTIONS, or add "--require", "foreshock/register" there',
    ),
  ];
}

function tracers({ isStarted, provider, packages }: ThreadRecord): Finding[] {
  const names = packages.map(nameOf);
  const agents = [...new Set(names.filter(isAgent))];
  const findings = agents.map((name) =>
    wrong('agents', `${name} has been loaded, too: two tracers in one process`, 'load one of them'),
  );
  if (names.includes(SDK) && agents.length === 0)
    findings.push(
      wrong(
        'agents',
        `the application loads ${SDK}, an SDK of its own: it and the preload exclude each other`,
        'without the preload, put Foreshock into it: new NodeSDK({ ...foreshock }) with foreshock/sdk',
      ),
    );
  if (isStarted && provider !== undefined && provider !== 'ForeshockTracerProvider')
    findings.push(
      wrong('agents', `another tracer has been registered (${provider}): spans go there`, 'load one of them'),
    );
  return findings;
}

function libraries(threads: readonly ThreadRecord[]): Finding[] {
  const all = new Map<string, WatchedLibrary>();
  for (const { libraries: each } of threads)
    for (const [name, library] of Object.entries(each)) all.set(name, joined(all.get(name), library));
  const scopes = new Set(threads.flatMap((thread) => Object.keys(thread.scopes)));
  const loaded = [...all].filter(([, library]) => Object.values(library.loaded).includes(true) || library.spans > 0);
  const gave = loaded.filter(([, { spans }]) => spans > 0);
  const aside = loaded.filter(([, { upstream }]) => upstream.some((name) => scopes.has(name)));
  const haveSpans = new Set(SUPPORTED.filter(({ hasSpans }) => hasSpans).map(({ library }) => library));
  const silent = loaded.filter((each) => !gave.includes(each) && !aside.includes(each) && haveSpans.has(each[0]));
  const hooked = loaded.filter((each) => ![...gave, ...aside, ...silent].includes(each));
  const named = (entries: typeof loaded): string => entries.map(([name, each]) => versioned(name, each)).join(', ');
  const hookedNames = [...hooked.map(([name, each]) => versioned(name, each)), ...byChannel(threads, all)];
  return [
    ...refused(all),
    ...unseen(threads, all),
    ...(gave.length > 0
      ? [ok('libraries', gave.map(([name, each]) => `${versioned(name, each)}: ${spans(each.spans)}`).join(', '))]
      : []),
    ...(aside.length > 0
      ? [
          look(
            'libraries',
            `${named(aside)}: OpenTelemetry’s own instrumentation makes the spans`,
            'nothing, if it is meant so',
          ),
        ]
      : []),
    ...(silent.length > 0
      ? [
          look(
            'libraries',
            `loaded, and no span: ${named(silent)}`,
            'was it used? Only what a request, job or start waits for is traced',
          ),
        ]
      : []),
    ...(hookedNames.length > 0
      ? [ok('libraries', `hooked, adds to other spans or waits: ${hookedNames.join(', ')}`)]
      : []),
  ];
}

function joined(one: WatchedLibrary | undefined, other: WatchedLibrary): WatchedLibrary {
  if (!one) return other;
  return {
    upstream: [...one.upstream, ...other.upstream],
    waitsForFiles: one.waitsForFiles || other.waitsForFiles,
    loaded: { ...one.loaded, ...other.loaded },
    spans: one.spans + other.spans,
  };
}

function versioned(library: string, { loaded }: WatchedLibrary): string {
  const own = Object.keys(loaded).find((name) => name.startsWith(`${library} `));
  return own ?? library;
}

export function spans(count: number): string {
  return count === 1 ? '1 span' : `${count} spans`;
}

function refused(all: Map<string, WatchedLibrary>): Finding[] {
  return [...all].flatMap(([library, { loaded }]) => {
    const supported = SUPPORTED.find((each) => each.library === library);
    if (!supported || supported.isTransitive || Object.values(loaded).includes(true)) return [];
    return Object.keys(loaded)
      .filter((name) => name.startsWith(`${library} `))
      .map((name) => outOfRange(library, name.slice(library.length + 1), supported.versions));
  });
}

/** Loaded, and hooked without a file; those with spans are named elsewhere. */
function byChannel(threads: readonly ThreadRecord[], all: Map<string, WatchedLibrary>): string[] {
  const folders = new Map(threads.flatMap(({ packages }) => packages.map((folder) => [nameOf(folder), folder])));
  return [...all].flatMap(([library, { waitsForFiles, spans }]) => {
    const folder = folders.get(library);
    return folder && !waitsForFiles && spans === 0 ? [`${library} ${packageIn(folder)?.version ?? ''}`.trim()] : [];
  });
}

/** Loaded, without the files its instrumentation needs. */
function unseen(threads: readonly ThreadRecord[], all: Map<string, WatchedLibrary>): Finding[] {
  const folders = [...new Set(threads.flatMap(({ packages }) => packages))];
  return SUPPORTED.flatMap(({ library, isTransitive, versions }) => {
    const folder = folders.find((each) => nameOf(each) === library);
    const watched = all.get(library);
    if (!folder || isTransitive || !watched?.waitsForFiles) return [];
    if (Object.keys(watched.loaded).length > 0 || watched.spans > 0) return [];
    const version = packageIn(folder)?.version ?? '';
    const wasEarly = threads.some(({ before }) => before.includes(folder));
    return [
      wasEarly
        ? wrong(
            'libraries',
            `${library} ${version} was loaded before Foreshock, and is not traced`,
            'name foreshock/register first, by --require',
          )
        : look(
            'libraries',
            `${library} ${version} has loaded, but none of the files that are hooked (of ${versions}): it is not traced`,
            'look whether the application loads it whole',
          ),
    ];
  });
}

function early({ before, isOurs, libraries: all }: ThreadRecord): Finding[] {
  if (isOurs) return [];
  const names = [...new Set(before.map(nameOf))].filter(
    (name) => SUPPORTED.some(({ library }) => library === name) && Object.keys(all[name]?.loaded ?? {}).length > 0,
  );
  if (names.length === 0) return [];
  return [
    look(
      'preload',
      `loaded before Foreshock: ${names.join(', ')}; functions that were taken from ${names.length === 1 ? 'it' : 'them'} by then are not traced`,
      'name foreshock/register first, by --require',
    ),
  ];
}

function bundles({ main, cwd, libraries: all }: ThreadRecord): Finding[] {
  const hasLibrary = Object.values(all).some(({ loaded }) => Object.keys(loaded).length > 0);
  if (main === undefined || hasLibrary) return [];
  try {
    return isBundle(main) ? [bundled(relative(cwd, main) || basename(main))] : [];
  } catch {
    return [];
  }
}

function apis(threads: readonly ThreadRecord[]): Finding[] {
  const folders = [...new Set(threads.flatMap(({ packages }) => packages))].filter((folder) => nameOf(folder) === API);
  const copies = folders.map(packageIn).filter((copy) => copy !== undefined);
  const registered = threads.find(({ thread }) => thread === 0)?.apiVersion;
  return copies.length > 1 && registered !== undefined ? apiFindings(copies, registered) : [];
}

/** `/app/node_modules/@scope/name` → `@scope/name`. */
function nameOf(folder: string): string {
  const scope = basename(dirname(folder));
  return scope.startsWith('@') ? join(scope, basename(folder)).replaceAll('\\', '/') : basename(folder);
}
