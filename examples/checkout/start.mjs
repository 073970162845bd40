// Starts the servers and the services. All there is to tracing a service is in `serviceStarter`:
// `node --require foreshock/register services/orders.mjs`, its name, and where the spans go.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { resolve } = createRequire(import.meta.url);
const FOREIGN = /^(PG|OTEL_|FORESHOCK_|NODE_USE_ENV_PROXY|REDIS_URL|AMQP_URL)/;
const INHERITED = /^OTEL_(LOG_LEVEL|RESOURCE_ATTRIBUTES|EXPORTER_ZIPKIN_)/;
const HTTP = /listening at (http:[^"\s]+)/;

/** @typedef {{ name: string, pid?: number, how: string }} Started */
/**
 * @typedef {object} Experiment what a service is started with to play a fault in it
 * @property {(service: string, variables: NodeJS.ProcessEnv) => NodeJS.ProcessEnv} environment
 * @property {(service: string) => boolean} isHit
 * @property {(service: string) => ((pid: number) => void) | undefined} onStart
 */

/**
 * Starts the four services, and the two of the full profile with them.
 * @param {import('./processes.mjs').Processes} processes
 * @param {{ redis?: import('./servers/find.mjs').Server, rabbitmq?: import('./servers/find.mjs').Server }} servers
 *   both in the full profile; with Redis alone it is the cache of orders
 * @param {string} receiver where the spans go
 * @param {(started: Started) => void} announce
 * @param {Experiment} [experiment]
 * @returns {Promise<Record<string, string>>} addresses, by name
 */
export async function startAll(processes, servers, receiver, announce, experiment) {
  const service = serviceStarter(processes, receiver, announce, experiment);
  const [DATABASE_URL, REDIS_URL, AMQP_URL] = await Promise.all([
    startServer(processes, 'postgres', {}, announce),
    servers.redis && startServer(processes, 'redis', servers.redis, announce),
    servers.rabbitmq && startServer(processes, 'rabbitmq', servers.rabbitmq, announce),
  ]);
  const more = AMQP_URL && { REDIS_URL, AMQP_URL };
  const [PAYMENTS_URL, ORDERS_URL] = await Promise.all([
    service('payments.cjs', {}, HTTP),
    service('orders.mjs', { DATABASE_URL, ...(REDIS_URL && { REDIS_URL }), ...more }, HTTP),
  ]);
  const [gateway] = await Promise.all([
    service('gateway.mjs', { ORDERS_URL }, HTTP),
    service('worker.mjs', { DATABASE_URL, PAYMENTS_URL, ...more }, /worker waiting for payments/),
    more && service('mailer.mjs', more, /mailer waiting for mail/),
    more && service('warehouse.cjs', more, /warehouse waiting for orders/),
  ]);
  return { gateway, orders: ORDERS_URL, payments: PAYMENTS_URL, postgres: DATABASE_URL, redis: REDIS_URL };
}

/** @returns {Promise<string>} its address */
async function startServer(processes, name, { url, program }, announce) {
  if (url) {
    announce({ name, how: `yours, at ${new URL(url).host}` });
    return url;
  }
  const args = [here(`servers/${name}.mjs`), ...(program ? [program] : [])];
  const started = await processes.start(name, args, {
    ready: new RegExp(`${name} listening at (\\S+)`),
    isServer: true,
  });
  announce({ ...started, how: new URL(started.url).host });
  return started.url;
}

function serviceStarter(processes, receiver, announce, experiment) {
  return async (file, variables, ready) => {
    const name = file.split('.')[0];
    const preloads = ['foreshock/register', ...(experiment?.isHit(name) ? ['foreshock/chaos'] : [])];
    const args = [...preloads.flatMap((preload) => ['--require', preloadFile(preload)]), here(`services/${file}`)];
    const env = { ...environment(name, receiver), ...variables, ...experiment?.environment(name, variables) };
    const started = await processes.start(name, args, { env, ready, onStart: experiment?.onStart(name) });
    announce({
      ...started,
      how: `node ${preloads.map((preload) => `--require ${preload}`).join(' ')} services/${file}`,
    });
    return started.url;
  };
}

function preloadFile(preload) {
  try {
    return resolve(preload);
  } catch (cause) {
    throw new Error(`${preload} is not built: \`npm run build\`, which \`npm run demo\` does first.`, { cause });
  }
}

/** A service's environment: ours without what would change where it connects to, its name, and the receiver. */
function environment(name, receiver) {
  const inherited = Object.entries(process.env).filter(([key]) => INHERITED.test(key) || !FOREIGN.test(key));
  const more = (process.env.OTEL_TRACES_EXPORTER ?? '').split(/[\s,]+/).filter((one) => one && one !== 'none');
  return {
    ...Object.fromEntries(inherited),
    PORT: '0',
    OTEL_SERVICE_NAME: name,
    OTEL_TRACES_EXPORTER: [...new Set(['otlp', ...more])].join(','),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver,
    // The demo ends its services, and leaves nothing behind.
    FORESHOCK_SPOOL_DIR: '',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
}

function here(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}
