/** What Node itself reads, at run time, about reaching servers; the sender's requests are to behave as the application's. */
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

/** The environment of the sender thread: no more than it needs, as it holds the application's secrets. */
export function senderEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const name of NETWORK_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  // The option is the variable's other form; it does not reach a thread that gets no options.
  if (isOptionSet('--use-env-proxy')) env['NODE_USE_ENV_PROXY'] = '1';
  return env;
}

function isOptionSet(option: string): boolean {
  return process.execArgv.includes(option) || (process.env['NODE_OPTIONS']?.split(/\s+/).includes(option) ?? false);
}
