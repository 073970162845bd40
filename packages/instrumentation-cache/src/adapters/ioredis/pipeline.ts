import { guard, type Hooks } from '@foreshock/kit';
import type { Batch, CacheEvents } from '../../events.ts';
import { RedisCommand } from '../../redis-protocol.ts';
import { CALL, type Client, type Clients, type IoCommand } from './clients.ts';

type Answer = [unknown, unknown?];
type AnswerCallback = (error: unknown, value?: unknown) => unknown;

/** `ioredis/built/Pipeline.js`. */
interface Pipeline {
  redis: Client;
  _queue: IoCommand[];
  _transactions: number;
  resolve(answers: Answer[]): unknown;
  reject(error: unknown): unknown;
  [symbol: symbol]: unknown;
}

/** built/autoPipelining.js */
interface Marks {
  kExec: symbol;
  kCallbacks: symbol;
}

export function wrapPipeline(built: string, clients: Clients, cache: CacheEvents, hooks: Hooks): void {
  let marks: Marks | undefined;
  const isAutomatic = (pipeline: Pipeline): boolean => marks !== undefined && marks.kExec in pipeline;
  const executed = new WeakSet<Pipeline>();

  hooks.onLoad(`${built}/autoPipelining.js`, ({ exports }) => (marks = exports));
  hooks.onLoad(`${built}/Pipeline.js`, ({ exports }) => {
    hooks.before(exports.default.prototype, 'sendCommand', (pipeline: Pipeline, [command]) => {
      if (!isAutomatic(pipeline)) return;
      join(pipeline, command, pipeline[marks!.kCallbacks] as AnswerCallback[] | undefined, clients);
    });
    hooks.calls<any, Batch>(exports.default.prototype, 'exec', {
      begin(pipeline: Pipeline) {
        // A transaction's first `exec` only queues EXEC; a redirect repeats it.
        if (pipeline._transactions > 0 || isAutomatic(pipeline) || executed.has(pipeline)) return undefined;
        executed.add(pipeline);
        return execute(pipeline, clients, cache);
      },
      failed: (batch, error) => batch.failed(error),
    });
  });
}

/** The last callback is the command's (`executeWithAutoPipelining`). */
function join(
  pipeline: Pipeline,
  command: IoCommand,
  callbacks: AnswerCallback[] | null | undefined,
  clients: Clients,
): void {
  const callback = callbacks?.at(-1);
  // Redirected pipelines queue again.
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
  // The first command shows a cluster's node.
  head[CALL] = batch;
  // By hand: this pipeline's own, nothing to undo.
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

/** EXEC answers all replies or one error. */
function repliesOfMulti(answers: Answer[]): unknown[] {
  const [error, values] = answers.at(-1) ?? [undefined];
  if (error) return [error];
  return Array.isArray(values) ? values : [];
}
