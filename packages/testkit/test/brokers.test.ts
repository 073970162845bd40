import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { startKafkaIfPossible, startRabbitMq } from '../src/index.ts';

afterEach(() => void vi.unstubAllEnvs());

/** The first bytes that a server answers to these. */
async function answer(host: string, port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, host);
  socket.write(bytes);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data;
}

// The first to ask waits for its start.
test('RabbitMQ greets with its name', { timeout: 120_000 }, async () => {
  const { host, port, url, stop } = await startRabbitMq();
  expect(url).toBe(`amqp://guest:guest@${host}:${port}`);
  const greeting = await answer(host, port, Buffer.from('AMQP\0\0\x09\x01', 'latin1'));
  expect(greeting.toString('latin1')).toContain('RabbitMQ');
  await stop();
});

test('a RabbitMQ that does not answer is a failure that says what to do', async () => {
  vi.stubEnv('FORESHOCK_TEST_SERVERS_PORT', undefined);
  vi.stubEnv('FORESHOCK_TEST_RABBITMQ_URL', 'amqp://127.0.0.1:1');
  await expect(startRabbitMq()).rejects.toThrow(
    /FORESHOCK_TEST_RABBITMQ_URL is set but does not answer: .*ECONNREFUSED.*\nInstall it \(Debian: apt-get install rabbitmq-server\)/,
  );
});

test('a Kafka that was promised and does not answer is a failure, not a reason to leave tests out', async () => {
  vi.stubEnv('FORESHOCK_TEST_SERVERS_PORT', undefined);
  vi.stubEnv('FORESHOCK_TEST_KAFKA_URL', 'kafka://127.0.0.1:1');
  await expect(startKafkaIfPossible()).rejects.toThrow(/ECONNREFUSED/);
});

test('where there is no Java and no Docker, the reason is one line', async () => {
  vi.stubEnv('FORESHOCK_TEST_SERVERS_PORT', undefined);
  vi.stubEnv('JAVA_HOME', undefined);
  vi.stubEnv('PATH', '/nowhere');
  const outcome = await startKafkaIfPossible();
  expect(outcome).toEqual({ missing: expect.stringMatching(/^the tests need a real kafka [^\n]* Docker/) });
});
