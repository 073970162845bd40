// Where Redis and RabbitMQ are: at the addresses given, or in programs of this machine. Starts nothing.
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';

const ANSWER_LIMIT_MS = 3_000;
const PROGRAMS = {
  redis: {
    variable: 'REDIS_URL',
    package: 'redis-server',
    port: 6379,
    find: () => onPath('redis-server') ?? onPath('valkey-server'),
  },
  rabbitmq: {
    variable: 'AMQP_URL',
    package: 'rabbitmq-server',
    port: 5672,
    // Debian's program on the path insists on an account and folders of its own.
    find: () => ['/usr/lib/rabbitmq/bin/rabbitmq-server', onPath('rabbitmq-server')].find((file) => existsSync(file)),
  },
};

/** @typedef {{ url: string } | { program: string }} Server one that runs, or one to start */

/**
 * @param {string[]} names `redis`, `rabbitmq`
 * @returns {Promise<Record<string, Server>>}
 * @throws one line that says what to install or to set
 */
export async function findServers(names) {
  const found = names.map((name) => {
    const { variable, find } = PROGRAMS[name];
    const url = process.env[variable];
    return [name, url ? { url } : { program: find() }];
  });
  const missing = found.filter(([, { url, program }]) => !url && !program).map(([name]) => PROGRAMS[name]);
  if (missing.length) {
    const packages = missing.map((one) => one.package).join(' ');
    const variables = missing.map(({ variable }) => variable).join(' and ');
    throw new Error(
      `${names.length > 1 ? 'the full profile needs servers' : 'it needs a server'}: \`apt-get install ${packages}\`, or set ${variables}.`,
    );
  }
  for (const [name, { url }] of found) {
    const { variable, port } = PROGRAMS[name];
    if (url && !(await answers(url, port))) throw new Error(`nobody answers at the address in ${variable}.`);
  }
  return Object.fromEntries(found);
}

function onPath(program) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file));
}

function answers(url, usualPort) {
  const { promise, resolve } = Promise.withResolvers();
  if (!URL.canParse(url)) return false;
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port || usualPort), hostname.replace(/^\[|\]$/g, ''));
  socket.setTimeout(ANSWER_LIMIT_MS, () => resolve(false));
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
