/** Read by Node. */
const NETWORK_VARIABLES = [
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_USE_ENV_PROXY',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const;

/** Only what our threads need: the environment contains secrets. */
export function senderEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const name of NETWORK_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  // Threads do not get options; this variable equals `--use-env-proxy`.
  if (isOptionSet('--use-env-proxy')) env['NODE_USE_ENV_PROXY'] = '1';
  return env;
}

function isOptionSet(option: string): boolean {
  return process.execArgv.includes(option) || (process.env['NODE_OPTIONS']?.split(/\s+/).includes(option) ?? false);
}
