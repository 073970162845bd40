import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { inRange } from '@foreshock/kit';
import { isBundle } from '../bundled-server.ts';
import { isAgent, SDK } from './agents.ts';
import { apiFindings } from './api-copies.ts';
import { look, ok, wrong, type Finding } from './finding.ts';
import type { Manifest } from '../package-json.ts';
import { apiCopies, installedFrom, type Package, projectOf } from './installed.ts';
import { namesPreload } from './start-options.ts';
import { SUPPORTED } from './supported.ts';

const API = '@opentelemetry/api';
const READ_AT_START = /^\s*(?:export\s+)?((?:OTEL|FORESHOCK)_[A-Z_]+)\s*=/gm;
const NAMES_PRELOAD = /foreshock[\\/](?:register|dist|sdk)/;
/** How a service is started. */
const STARTERS = ['Dockerfile', 'docker-compose.yml', 'docker-compose.yaml', 'compose.yaml', 'compose.yml', 'Procfile'];

/** What a project's files make certain. */
export function projectFindings(cwd: string, variables: NodeJS.ProcessEnv): Finding[] {
  const project = projectOf(cwd);
  if (!project)
    return [
      look(
        'project',
        `there is no package.json in ${cwd} or above: only the environment was looked at`,
        'run it in the folder of the service, or give it the command: foreshock doctor -- node app.js',
      ),
    ];
  return [
    ...installation(project),
    ...(namesPreload([], variables['NODE_OPTIONS'] ?? '') ? [] : starts(project)),
    ...libraries(project),
    ...others(project),
    ...dotenv(cwd, variables),
    ...bundle(project),
  ];
}

function installation({ folder, name }: Package): Finding[] {
  // This package's repository has it as workspace.
  const own = installedFrom(folder, 'foreshock');
  if (!own && existsSync(join(folder, '.pnp.cjs')))
    return [
      look(
        'installed',
        'Yarn’s Plug’n’Play: what is installed cannot be looked at from here',
        'give it the command: yarn foreshock doctor -- node app.js',
      ),
    ];
  if (!own)
    return [
      look(
        'installed',
        `foreshock is not in the node_modules of ${name || folder}`,
        `npm install foreshock ${API}; or NODE_OPTIONS names its register.cjs by an absolute path`,
      ),
    ];
  const api = installedFrom(folder, API);
  if (!api) return [wrong('api', `${API} is not installed: Foreshock cannot start`, `npm install ${API}`)];
  if (!inRange(api.version, '>=1.9.0 <2'))
    return [wrong('api', `${API} ${api.version} is older than 1.9`, `npm install ${API}@latest`)];
  return [ok('installed', `foreshock ${own.version}`), ...apiFindings(apiCopies(folder), api.version)];
}

function starts({ folder, manifest }: Package): Finding[] {
  const script = manifest.scripts?.['start'];
  const inScripts = Object.values(manifest.scripts ?? {}).some((text) => NAMES_PRELOAD.test(text));
  const files = STARTERS.filter((file) => existsSync(join(folder, file)));
  const inFiles = files.filter((file) => NAMES_PRELOAD.test(readFileSync(join(folder, file), 'utf8')));
  if (inScripts || inFiles.length > 0)
    return [ok('start', `the preload is named in ${[...(inScripts ? ['package.json'] : []), ...inFiles].join(', ')}`)];
  const where = [...(script === undefined ? [] : ['npm start']), ...files];
  if (where.length === 0) return [];
  return [
    look(
      'start',
      `nothing in ${where.join(', ')} loads the preload`,
      'start it with: node --require foreshock/register app.js; or set NODE_OPTIONS where it runs',
    ),
  ];
}

function libraries({ folder, manifest }: Package): Finding[] {
  const asked = dependenciesOf(manifest);
  const found = SUPPORTED.flatMap((supported) => {
    const version = asked.has(supported.library) && installedFrom(folder, supported.library)?.version;
    return version ? [{ ...supported, version }] : [];
  });
  const fit = found.filter(({ version, versions }) => inRange(version, versions));
  return [
    ...(fit.length > 0 ? [ok('libraries', fit.map(({ library, version }) => `${library} ${version}`).join(', '))] : []),
    ...found
      .filter((each) => !fit.includes(each) && !each.isTransitive)
      .map(({ library, version, versions }) => outOfRange(library, version, versions)),
  ];
}

export function outOfRange(library: string, version: string, versions: string): Finding {
  return wrong(
    'libraries',
    `${library} ${version} is outside of what is supported (${versions}): it is not traced`,
    `npm install ${library}@"${versions}"`,
  );
}

function others({ manifest }: Package): Finding[] {
  const asked = dependenciesOf(manifest);
  const agents = [...asked].filter(isAgent);
  return [
    ...agents.map((name) =>
      look(
        'agents',
        `${name} is a dependency: two tracers in one process see each other’s spans twice`,
        'load one of them',
      ),
    ),
    ...(asked.has(SDK) && agents.length === 0
      ? [
          look(
            'agents',
            `${SDK} is a dependency: an SDK that the application starts and the preload exclude each other`,
            'put Foreshock into it: new NodeSDK({ ...foreshock }) with foreshock/sdk',
          ),
        ]
      : []),
  ];
}

/** Preloads start before `.env` is read. */
function dotenv(cwd: string, variables: NodeJS.ProcessEnv): Finding[] {
  const file = join(cwd, '.env');
  if (!existsSync(file)) return [];
  const names = Array.from(readFileSync(file, 'utf8').matchAll(READ_AT_START), ([, name]) => name!);
  const missing = [...new Set(names)].filter((name) => variables[name] === undefined);
  if (missing.length === 0) return [];
  return [
    wrong(
      'variable',
      `.env sets ${missing.join(', ')}, which are not in the environment: Foreshock starts before the application reads .env`,
      'start it with: node --env-file=.env --require foreshock/register app.js',
    ),
  ];
}

function bundle({ folder, manifest }: Package): Finding[] {
  const started = /^node\s+(?:-\S+(?:=\S+)?\s+|--(?:require|import)\s+\S+\s+|-r\s+\S+\s+)*([\w./@-]+)$/.exec(
    manifest.scripts?.['start']?.trim() ?? '',
  )?.[1];
  const file = started ?? manifest.main;
  if (file === undefined) return [];
  try {
    const path = createRequire(join(folder, 'package.json')).resolve(`./${file.replace(/^\.\//, '')}`);
    return isBundle(path) ? [bundled(relative(folder, path))] : [];
  } catch {
    return [];
  }
}

export function bundled(file: string): Finding {
  return wrong(
    'bundle',
    `${file} is a bundle: libraries inside of it cannot be traced, only Node’s own HTTP and fetch`,
    'build it with foreshock/bundler, or keep them out of it (esbuild --packages=external); README, "Bundled applications"',
  );
}

function dependenciesOf({ dependencies, optionalDependencies }: Manifest): Set<string> {
  return new Set(Object.keys({ ...dependencies, ...optionalDependencies }));
}
