import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRange } from '@foreshock/kit';
import { agentOf } from './agents.ts';
import { look, ok, wrong, type Finding } from './finding.ts';
import { isPreload, startOptions, type StartOptions } from './start-options.ts';

export interface NodeStart {
  node: string;
  cwd: string;
  /** Options of the command line. */
  execArgv: readonly string[];
  nodeOptions: string;
}

/** Node's version and options. */
export function nodeFindings({ node, cwd, execArgv, nodeOptions }: NodeStart): Finding[] {
  const start = startOptions(execArgv, nodeOptions);
  return [version(node), ...order(start), ...unreadable(start, cwd), ...permission(start, node)];
}

function version(node: string): Finding {
  if (!inRange(node, '>=22.15.0 <1000'))
    return wrong('node', `Node.js ${node} is older than 22.15: the application runs untraced`, 'use Node.js 24');
  // As the kit's `hasSoundHooks`.
  const isSound = ['>=22.22.3 <23', '>=24.11.1 <25', '>=26.0.0 <1000'].some((range) => inRange(node, range));
  if (isSound) return ok('node', `Node.js ${node}`);
  return look(
    'node',
    `Node.js ${node} has no sound module hooks: libraries published as ES modules stay untraced`,
    'use 22.22.3, 24.11.1, 26 or later',
  );
}

function order({ preloads, loaders }: StartOptions): Finding[] {
  const agents = [...preloads, ...loaders].flatMap((each) => agentOf(each) ?? []);
  const at = preloads.findIndex(isPreload);
  const before = at > 0 ? preloads.slice(0, at) : [];
  return [
    ...[...new Set(agents)].map((name) =>
      wrong(
        'agents',
        `${name} is preloaded, too: two tracers in one process take each other’s hooks, and one of them sees nothing`,
        'load one of them',
      ),
    ),
    ...(before.length > 0
      ? [
          look(
            'preload',
            `${before.join(', ')} ${before.length === 1 ? 'is' : 'are'} loaded before foreshock/register (Node reads every --require before every --import)`,
            'name foreshock/register first, by --require',
          ),
        ]
      : []),
  ];
}

/** Node looks names up from the working directory, and ends if missing. */
function unreadable({ preloads }: StartOptions, cwd: string): Finding[] {
  return preloads.filter(isPreload).flatMap((specifier) => {
    try {
      createRequire(join(cwd, 'main')).resolve(specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier);
      return [ok('preload', `${specifier} is loaded`)];
    } catch {
      return [
        wrong(
          'preload',
          `${specifier} is not found from ${cwd}: Node.js processes that start here end with an error`,
          'give its absolute path: /app/node_modules/foreshock/dist/register.cjs',
        ),
      ];
    }
  });
}

function permission({ options }: StartOptions, node: string): Finding[] {
  const has = (name: string): boolean => options.some((each) => each === name || each.startsWith(`${name}=`));
  if (!has('--permission') && !has('--experimental-permission')) return [];
  const own = dirname(fileURLToPath(new URL('../register.cjs', import.meta.url)));
  const isNetworkAsked = inRange(node, '>=25.0.0 <1000') && !has('--allow-net');
  const findings = [
    isNetworkAsked && wrong('permission', '--permission without --allow-net: no span can be sent', 'add --allow-net'),
    !has('--allow-fs-read') &&
      wrong(
        'permission',
        '--permission without --allow-fs-read: the preload cannot be read',
        `add --allow-fs-read=${own}`,
      ),
    !has('--allow-worker') &&
      look(
        'permission',
        '--permission without --allow-worker: spans are sent from the main thread, and lost at its end',
        'add --allow-worker',
      ),
  ];
  return findings.filter((each) => each !== false);
}
