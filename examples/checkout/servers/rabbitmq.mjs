// RabbitMQ, by the program that the first argument names.
import { writeFileSync } from 'node:fs';
import { freePort, keep } from './keeper.mjs';

const [, , program] = process.argv;

await keep('rabbitmq', async (room) => {
  // Erlang's nodes look each other up in epmd, a daemon that the first node starts and nobody ends. So it is
  // started here, on a port of its own.
  const epmd = { ERL_EPMD_ADDRESS: '127.0.0.1' };
  const epmdPort = await room.listen((free) =>
    room.run('epmd', ['-d', '-d'], { env: { ...epmd, ERL_EPMD_PORT: free }, ready: 'entering the main select() loop' }),
  );
  const port = await room.listen((free) => startBroker(room, { ...epmd, ERL_EPMD_PORT: epmdPort }, free));
  return `amqp://guest:guest@127.0.0.1:${port}`;
});

async function startBroker(room, epmd, port) {
  const files = {
    'rabbitmq.conf': `listeners.tcp.local = 127.0.0.1:${port}\nvm_memory_high_watermark.relative = 0.9\n`,
    enabled_plugins: '[].\n',
    'env.conf': '',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(room.file(name), content, { mode: 0o644 });
  const env = {
    ...epmd,
    PATH: `${process.env.PATH}:/usr/bin:/usr/sbin`,
    LC_ALL: 'C.UTF-8',
    HOME: room.home, // for the cookie that Erlang makes
    RABBITMQ_NODENAME: `demo-${port}@localhost`,
    RABBITMQ_DIST_PORT: await freePort(),
    RABBITMQ_CONF_ENV_FILE: room.file('env.conf'),
    RABBITMQ_CONFIG_FILE: room.file('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: room.file('enabled_plugins'),
    RABBITMQ_MNESIA_BASE: room.file('mnesia'),
    RABBITMQ_LOG_BASE: room.file('log'),
    RABBITMQ_PID_FILE: room.file('pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: room.file('config'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 2:2 +A 4', // two schedulers are plenty, on any machine
    detached: '1', // its script becomes the broker, and waits for none
  };
  // There is nothing to save: no need to wait while it closes all in order.
  await room.run(program, [], { env, ready: 'Starting broker... completed', signal: 'SIGKILL' });
}
