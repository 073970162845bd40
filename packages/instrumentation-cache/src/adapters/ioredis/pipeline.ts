import { guard, type Hooks } from '@foreshock/kit';
import type { Batch, CacheEvents } from '../../events.ts';
import { RedisCommand } from '../../redis-protocol.ts';
import { CALL, type Client, type Clients, type IoCommand } from './clients.ts';

/** `[error, value]`, as `Pipeline#exec` gives them. */
type Answer = [unknown, unknown?];
type AnswerCallback = (error: unknown, value?: unknown) => unknown;

/** `ioredis/built/Pipeline.js`, as far as it is read here. */
interface Pipeline {
  redis: Client;
  _queue: IoCommand[];
  _transactions: number;
  resolve(answers: Answer[]): unknown;
  reject(error: unknown): unknown;
  [symbol: symbol]: unknown;
}

/** The symbols that mark an automatic pipeline (built/autoPipelining.js). */
interface Marks {
  kExec: symbol;
  kCallbacks: symbol;
}

/** `exec` of pipelines that somebody wrote, and the callers of automatic ones. */
export function wrapPipeline(clients: Clients, cache: CacheEvents, hooks: Hooks): void {
  let marks: Marks | undefined;
  const isAutomatic = (pipeline: Pipeline): boolean => marks !== undefined && marks.kExec in pipeline;
  const executed = new WeakSet<Pipeline>();

  hooks.onLoad('ioredis/built/autoPipelining.js', ({ exports }) => (marks = exports));
  hooks.onLoad('ioredis/built/Pipeline.js', ({ exports }) => {
    hooks.before(exports.default.prototype, 'sendCommand', (pipeline: Pipeline, [command]) => {
      if (!isAutomatic(pipeline)) return;
      join(pipeline, command, pipeline[marks!.kCallbacks] as AnswerCallback[] | undefined, clients);
    });
    hooks.calls<any, Batch>(exports.default.prototype, 'exec', {
      begin(pipeline: Pipeline) {
        // In a transaction the first `exec` only queues EXEC; a pipeline that is redirected is executed again.
        if (pipeline._transactions > 0 || isAutomatic(pipeline) || executed.has(pipeline)) return undefined;
        executed.add(pipeline);
        return execute(pipeline, clients, cache);
      },
      failed: (batch, error) => batch.failed(error),
    });
  });
}

/** A command joins an automatic pipeline; its callback is the last in line (`executeWithAutoPipelining`). */
function join(
  pipeline: Pipeline,
  command: IoCommand,
  callbacks: AnswerCallback[] | null | undefined,
  clients: Clients,
): void {
  const callback = callbacks?.at(-1);
  // A pipeline that is redirected queues its commands again; their callers have been noted.
  if (!callbacks || !callback || command[CALL]) return;
  const call = clients.start(pipeline.redis, command);
  if (!call) return;
  callbacks[callbacks.length - 1] = (error, value) => {
    guard('ioredis reply', () => (error ? call.failed(error) : call.succeeded(value)));
    return callback(error, value);
  };
}

function execute(pipeline: Pipeline, clients: Clients, cache: CacheEvents): Batch | undefined {
  const { _queue: queue, redis } = pipeline;
  const [head] = queue;
  if (!head || !cache.wantsCommands) return undefined;
  const isMulti = head.name === 'multi' && queue.at(-1)?.name === 'exec';
  const commands = isMulti ? queue.slice(1, -1) : queue;
  const described = commands.map(({ name, args }) => new RedisCommand(name, args, 0, redis.options.keyPrefix));
  const batch = cache.batch(clients.serverOf(redis), isMulti ? 'MULTI' : 'PIPELINE', described);
  if (!batch) return undefined;
  // A cluster's node is known once the first command is sent there.
  head[CALL] = batch;
  const { resolve, reject } = pipeline;
  pipeline.resolve = function (answers) {
    guard('ioredis pipeline', () => {
      batch.answered(isMulti ? repliesOfMulti(answers) : answers.map(([error, value]) => error ?? value));
    });
    return resolve.call(this, answers);
  };
  pipeline.reject = function (error) {
    guard('ioredis pipeline', () => batch.failed(error));
    return reject.call(this, error);
  };
  return batch;
}

/** The answer to EXEC is the answers to all; if it is an error, it is the transaction's. */
function repliesOfMulti(answers: Answer[]): unknown[] {
  const [error, values] = answers.at(-1) ?? [undefined];
  if (error) return [error];
  return Array.isArray(values) ? values : [];
}
