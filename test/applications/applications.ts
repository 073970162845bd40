import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where they are installed, apart from the project's own dependencies. */
export const folder: URL = new URL('./installed/', import.meta.url);

export interface Where {
  /** Its own, empty. */
  readonly directory: string;
  readonly port: number;
  /** An empty database of Postgres. */
  readonly database: string;
}

type Step = readonly [method: string, path: string, body?: unknown, headers?: Record<string, string>];

export interface Application {
  /** Arguments of Node. */
  command(where: Where): string[];
  env?(where: Where): Record<string, string>;
  /** A path that answers once it can be asked. */
  isReady: string;
  script: readonly Step[];
}

const file = (path: string): string => fileURLToPath(new URL(`node_modules/${path}`, folder));
const written = (directory: string, name: string, text: string): string => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const options = (values: Record<string, string | number>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
const PARSE = { 'x-parse-application-id': 'shop', 'x-parse-master-key': 'master' };
const times = (count: number, ...steps: Step[]): Step[] => Array.from({ length: count }, () => steps).flat();

export const applications: Record<string, Application> = {
  /** Express 4 over files. */
  verdaccio: {
    command: ({ directory, port }) => [
      file('verdaccio/bin/verdaccio'),
      '--listen',
      `127.0.0.1:${port}`,
      '--config',
      written(
        directory,
        'config.yaml',
        `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages: { '**': { access: $all, publish: $anonymous, unpublish: $anonymous } }
log: { type: stdout, format: json, level: http }
`,
      ),
    ],
    isReady: '/-/ping',
    script: [
      ['GET', '/-/ping'],
      [
        'PUT',
        '/left',
        {
          _id: 'left',
          name: 'left',
          'dist-tags': { latest: '1.0.0' },
          versions: {
            '1.0.0': {
              name: 'left',
              version: '1.0.0',
              dist: { tarball: 'http://localhost/left/-/left-1.0.0.tgz', shasum: 'a'.repeat(40) },
            },
          },
          _attachments: { 'left-1.0.0.tgz': { content_type: 'application/octet-stream', data: 'AAAA', length: 3 } },
        },
      ],
      ...times(
        10,
        ['GET', '/left'],
        ['GET', '/left/-/left-1.0.0.tgz'],
        ['GET', '/none'],
        ['GET', '/-/v1/search?text=left'],
      ),
      ['PUT', '/-/package/left/dist-tags/next', '1.0.0'],
      ['GET', '/-/package/left/dist-tags'],
    ],
  },
  /** Express 4, flows that are called over HTTP, a timer that calls. */
  'node-red': {
    command: ({ directory, port }) => [
      file('node-red/red.js'),
      ...options({ userDir: directory, port }),
      written(
        directory,
        'flows.json',
        JSON.stringify([
          { id: 'tab', type: 'tab', label: 'shop' },
          { id: 'in', type: 'http in', z: 'tab', url: '/orders', method: 'get', wires: [['order']] },
          {
            id: 'order',
            type: 'function',
            z: 'tab',
            func: 'msg.payload = { ordered: msg.req.query.item }; return msg;',
            outputs: 1,
            wires: [['out']],
          },
          { id: 'out', type: 'http response', z: 'tab', wires: [] },
          { id: 'tick', type: 'inject', z: 'tab', repeat: '0.2', once: true, wires: [['call']] },
          { id: 'call', type: 'http request', z: 'tab', method: 'GET', url: 'http://127.0.0.1:9/', wires: [[]] },
        ]),
      ),
    ],
    isReady: '/orders',
    script: [
      ...times(20, ['GET', '/orders?item=tea'], ['GET', '/flows'], ['GET', '/none']),
      ['POST', '/flows', [{ id: 'tab', type: 'tab', label: 'empty' }]],
      ['GET', '/settings'],
    ],
  },
  /** Express 5, pg-promise over pg, GraphQL. */
  'parse-server': {
    command: ({ port, database }) => [
      file('parse-server/bin/parse-server'),
      ...options({
        appId: 'shop',
        masterKey: 'master',
        masterKeyIps: '127.0.0.1',
        databaseURI: database,
        host: '127.0.0.1',
        port,
        mountPath: '/parse',
        logLevel: 'error',
      }),
    ],
    isReady: '/parse/health',
    script: [
      ...times(
        10,
        ['POST', '/parse/classes/Order', { item: 'tea' }, PARSE],
        ['GET', '/parse/classes/Order?limit=1', undefined, PARSE],
        ['GET', '/parse/classes/Order/none', undefined, PARSE],
      ),
      ['GET', '/parse/schemas', undefined, PARSE],
      ['GET', '/parse/classes/Order', undefined, { 'x-parse-application-id': 'another' }],
    ],
  },
  /** Express, knex over pg, schedulers. */
  unleash: {
    command: ({ directory, port, database }) => [
      written(
        directory,
        'start.mjs',
        `import { start } from ${JSON.stringify(file('unleash-server/dist/lib/server-impl.js'))};
await start({
  databaseUrl: ${JSON.stringify(database)},
  db: { ssl: false, applicationName: 'unleash' },
  server: { host: '127.0.0.1', port: ${port} },
  authentication: { type: 'none', initialAdminUser: { username: 'admin', password: 'unleash4all' } },
  logLevel: 'error',
  versionCheck: { enable: false },
});
`,
      ),
    ],
    env: () => ({ CHECK_VERSION: 'false', SEND_TELEMETRY: 'false' }),
    isReady: '/health',
    script: [
      ['POST', '/api/admin/projects/default/features', { name: 'tea', type: 'release' }],
      ...times(
        10,
        ['GET', '/api/admin/projects/default/features'],
        ['GET', '/api/admin/projects/default/features/tea'],
        ['GET', '/api/admin/projects/default/features/none'],
        ['GET', '/api/client/features'],
      ),
      ['POST', '/api/client/metrics', { appName: 'shop', bucket: {} }],
    ],
  },
};
