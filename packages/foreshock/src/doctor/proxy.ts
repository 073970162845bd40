import { look, ok, type Finding } from './finding.ts';

export interface Proxy {
  /** The variable. */
  name: string;
  /** Without user and password. */
  address: string;
}

/** Through which a backend is asked. */
export function proxyOf(url: URL, variables: NodeJS.ProcessEnv): Proxy | undefined {
  const named = namedFor(url, variables);
  if (!named || variables['NODE_USE_ENV_PROXY'] !== '1' || isLeftOut(url, variables)) return undefined;
  const { host } = URL.canParse(named.value) ? new URL(named.value) : { host: 'of another form' };
  return { name: named.name, address: host };
}

export function proxyFindings(url: URL, variables: NodeJS.ProcessEnv): Finding[] {
  const named = namedFor(url, variables);
  if (!named) return [];
  if (variables['NODE_USE_ENV_PROXY'] === '1') return [ok('proxy', `${named.name} is used, but for NO_PROXY`)];
  return [
    look(
      'proxy',
      `${named.name} is set, and Node does not use it by itself`,
      'NODE_USE_ENV_PROXY=1, if the backend is behind it',
    ),
  ];
}

function namedFor(
  { protocol, hostname }: URL,
  variables: NodeJS.ProcessEnv,
): { name: string; value: string } | undefined {
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = variables[name.toLowerCase()] ?? variables[name];
  const isLocal = /^(?:localhost|127\.|\[::1\])/.test(hostname);
  return value && !isLocal ? { name, value } : undefined;
}

/** Names and their ends; others of Node's forms are taken for the proxy's. */
function isLeftOut({ hostname }: URL, variables: NodeJS.ProcessEnv): boolean {
  const all = (variables['no_proxy'] ?? variables['NO_PROXY'] ?? '').toLowerCase().split(/[\s,]+/);
  return all.some((each) => {
    const name = each.replace(/:\d+$/, '').replace(/^\*?\./, '');
    return each === '*' || (name !== '' && (hostname === name || hostname.endsWith(`.${name}`)));
  });
}
