import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary, plainEnvironment } from '@foreshock/testkit';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const fixture = fileURLToPath(new URL('./fixtures/sdk.mjs', import.meta.url));

async function sdk(env: Record<string, string>, options?: object) {
  const args = options ? [fixture, JSON.stringify(options)] : [fixture];
  const { stdout, stderr } = await run(nodeBinary(24), args, { env: plainEnvironment(env) });
  return { ...JSON.parse(stdout), stderr };
}

const DEFAULTS = {
  takesTraceOfStrangers: true,
  sendsTo: ['api.mine.example', 'other.example'],
  fields: ['traceparent', 'tracestate', 'baggage', 'x-trace-id'],
  http: true,
  pg: true,
  processors: 3,
};
const AT_AN_EDGE = {
  FORESHOCK_TRUST_INCOMING: 'false',
  FORESHOCK_PROPAGATE_TO: 'api.mine.example',
  OTEL_PROPAGATORS: 'b3',
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http',
};

it('has the defaults of the preload', async () => {
  expect(await sdk({})).toEqual({ spread: DEFAULTS, stderr: '' });
});

it('reads the variables that the preload reads', async () => {
  expect(await sdk(AT_AN_EDGE)).toEqual({
    spread: {
      takesTraceOfStrangers: false,
      sendsTo: ['api.mine.example'],
      fields: ['b3'],
      http: false,
      pg: true,
      processors: 3,
    },
    stderr: '',
  });
});

it('takes options over the variables', async () => {
  const options = { trustIncoming: true, propagateTo: ['other.example'], enabledInstrumentations: ['pg'] };
  const { configured } = await sdk(AT_AN_EDGE, options);
  expect(configured).toEqual({
    takesTraceOfStrangers: true,
    sendsTo: ['other.example'],
    fields: ['b3'],
    http: false,
    pg: true,
    processors: 3,
  });
});

it('says what is wrong, without a logger, and is silent about what is another exporter’s', async () => {
  const wrong = { FORESHOCK_TRUST_INCOMING: 'no', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  const line = 'foreshock: FORESHOCK_TRUST_INCOMING="no" is neither true nor false, true is used\n';
  expect((await sdk(wrong)).stderr).toBe(line);
  expect((await sdk({ ...wrong, OTEL_LOG_LEVEL: 'none' })).stderr).toBe('');
});

it('gives log lines to the logger provider of the SDK, where the variable asks for logs', async () => {
  const logs = fileURLToPath(new URL('./fixtures/sdk-logs.cjs', import.meta.url));
  const records = async (env: Record<string, string>): Promise<unknown[]> => {
    const { stdout } = await run(nodeBinary(24), [logs], { env: plainEnvironment(env) });
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  expect(await records({ OTEL_LOGS_EXPORTER: 'otlp' })).toMatchObject([
    { body: 'late', severityText: 'warn', attributes: { order: 42 }, traceId: '0af7651916cd43dd8448eb211c80319c' },
    { body: 'alone', severityText: 'info' },
  ]);
  expect(await records({})).toEqual([]);
});
