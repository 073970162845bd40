import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, onPath, runBinary, startServer, type Room, type RunningServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';

/** A real RabbitMQ. Tests share its queues and exchanges: use unique names. */
export interface RabbitMq {
  host: string;
  port: number;
  /** `amqp://guest:guest@127.0.0.1:PORT` */
  url: string;
  stop(): Promise<void>;
}

/** Of `FORESHOCK_TEST_RABBITMQ_URL`, else the vitest run's (testkit's global setup), else this call's. */
export async function startRabbitMq(): Promise<RabbitMq> {
  const { url, stop } = (await sharedServer(rabbitmq)) ?? (await startServer(rabbitmq));
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 5672), url, stop };
}

/** RabbitMQ 3.10 and later. */
export const rabbitmq: ServerKind = {
  name: 'rabbitmq',
  variable: 'FORESHOCK_TEST_RABBITMQ_URL',
  packages: ['rabbitmq-server'],
  docker: {
    image: 'rabbitmq:4-alpine',
    port: 5672,
    url: (port) => `amqp://guest:guest@127.0.0.1:${port}`,
  },
  // Debian's wrapper requires its account and folders.
  find: () =>
    ['/usr/lib/rabbitmq/bin/rabbitmq-server', onPath('rabbitmq-server')].find((path) => path && existsSync(path)),
  launch,
  ping,
};

/** Erlang's first node starts an endless `epmd`. Here it ends with the server. */
const TOGETHER = `
epmd & epmd=$!
detached=1 "$1" & broker=$!
trap 'kill -KILL $broker $epmd 2>/dev/null' TERM
wait $broker; code=$?
kill -KILL $epmd 2>/dev/null
exit $code
`;

async function launch(binary: string, room: Room): Promise<RunningServer> {
  const path = (name: string): string => join(room.folder, name);
  const files = {
    'together.sh': TOGETHER,
    'rabbitmq.conf': [
      `listeners.tcp.local = 127.0.0.1:${room.port}`,
      'log.console = false',
      'vm_memory_high_watermark.relative = 0.9',
      'disk_free_limit.absolute = 10MB',
    ].join('\n'),
    enabled_plugins: '[].',
    'env.conf': '',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), `${content}\n`, { mode: 0o644 });
  const env = {
    PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/usr/sbin`,
    LC_ALL: 'C.UTF-8',
    HOME: room.folder,
    ERL_EPMD_PORT: String(await freePort()),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `foreshock-${room.port}@localhost`,
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_CONF_ENV_FILE: path('env.conf'),
    RABBITMQ_CONFIG_FILE: path('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: path('enabled_plugins'),
    RABBITMQ_MNESIA_BASE: path('mnesia'),
    RABBITMQ_LOG_BASE: path('log'),
    RABBITMQ_PID_FILE: path('pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: path('config'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 2:2 +A 4',
  };
  const url = `amqp://guest:guest@127.0.0.1:${room.port}`;
  const { stop } = await runBinary('sh', [path('together.sh'), binary], room, () => ping(url), { env });
  return { url, stop };
}

/** Ready when it answers the AMQP header with a method frame. */
async function ping(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port || 5672), hostname);
  try {
    await once(socket, 'connect');
    socket.write('AMQP\0\0\x09\x01', 'latin1');
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer to the greeting of AMQP')));
    const [greeting] = (await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => {
        throw new Error(`${hostname}:${port} hung up`);
      }),
    ])) as [Buffer];
    if (greeting[0] !== 1) throw new Error(`${hostname}:${port} does not speak AMQP 0-9-1`);
  } finally {
    socket.destroy();
  }
}
