import { SpanStatusCode, type Context, type Span } from '@opentelemetry/api';
import { errorTypeOf, wholeMessageOf } from '@foreshock/kit';
import { CACHE_HIT, CACHE_HIT_COUNT, CACHE_KEY_COUNT } from '@foreshock/kit/names';
import type { CacheMetrics } from './cache-metrics.ts';
import type { Batch, CacheServer, Command, CommandDescription } from './events.ts';
import { replyCode, shownOfReply } from './redis-errors.ts';
import type { KnownServer, Servers } from './servers.ts';

/** What a {@link RemoteCall} needs of its boundary. */
export interface CallWatch {
  readonly metrics: CacheMetrics | undefined;
  readonly servers: Servers;
  /** An error's message, as it may be shown; the second is what may be shown of it at most. */
  readonly describe: (error: unknown, shown?: string) => string;
  missed(call: RemoteCall, command: CommandDescription): void;
}

/**
 * Answers that are a step of the protocol, not a failure: the client asks another node, or sends the script
 * along.
 */
const STEPS = new Set(['MOVED', 'ASK', 'NOSCRIPT']);

/** A command or a batch on its way, and its span. */
export class RemoteCall implements Command, Batch {
  /** Where its caller was. */
  readonly where: Context;
  /** How many had missed something before it began to look, see {@link Stampedes.misses}. */
  readonly since: number;
  /** Name of the cache as it was known then: a cluster's node is found later. */
  readonly askedAs: string;
  readonly #watch: CallWatch;
  readonly #span: Span;
  readonly #operation: string;
  readonly #commands: readonly CommandDescription[];
  /** In milliseconds, if it is measured. */
  readonly #start: number;
  #target: KnownServer;
  #settled = false;

  constructor(
    watch: CallWatch,
    span: Span,
    where: Context,
    since: number,
    operation: string,
    target: KnownServer,
    commands: readonly CommandDescription[],
  ) {
    this.#watch = watch;
    this.#span = span;
    this.where = where;
    this.since = since;
    this.#operation = operation;
    this.#target = target;
    this.askedAs = target.name;
    this.#commands = commands;
    this.#start = watch.metrics ? performance.now() : 0;
  }

  get cacheName(): string {
    return this.#target.name;
  }

  sentTo(server: CacheServer): void {
    if (this.#settled || this.#target.server === server) return;
    this.#target = this.#watch.servers.of(server);
    this.#span.setAttributes(this.#target.attributes);
  }

  succeeded(reply: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    const command = this.#commands[0]!;
    if (command.lookups > 0) this.#lookedUp(command, reply);
    this.#end(undefined);
  }

  answered(replies: readonly unknown[]): void {
    if (this.#commands.length === 1 && replies.length > 0) {
      const [reply] = replies;
      return reply instanceof Error ? this.failed(reply) : this.succeeded(reply);
    }
    if (this.#settled) return;
    this.#settled = true;
    this.#batchAnswered(replies);
    this.#end(undefined);
  }

  #lookedUp(command: CommandDescription, reply: unknown): void {
    const hits = command.hitsIn(reply);
    if (hits === undefined) return;
    this.#span.setAttribute(CACHE_HIT, hits === command.lookups);
    if (command.lookups > 1) this.#countKeys(command.lookups, hits);
    this.#watch.metrics?.lookedUp(this.cacheName, hits, command.lookups - hits);
    if (hits === 0 && command.lookups === 1) this.#watch.missed(this, command);
  }

  #batchAnswered(replies: readonly unknown[]): void {
    let lookups = 0;
    let hits = 0;
    let failure: unknown;
    for (let i = 0; i < replies.length && i < this.#commands.length; i++) {
      const reply = replies[i];
      if (reply instanceof Error) failure ??= reply;
      else {
        const command = this.#commands[i]!;
        const found = command.lookups > 0 ? command.hitsIn(reply) : undefined;
        if (found === undefined) continue;
        lookups += command.lookups;
        hits += found;
      }
    }
    if (lookups > 0) {
      this.#span.setAttribute(CACHE_HIT, hits === lookups);
      this.#countKeys(lookups, hits);
      this.#watch.metrics?.lookedUp(this.cacheName, hits, lookups - hits);
    }
    if (failure !== undefined) this.#describe(failure);
  }

  #countKeys(lookups: number, hits: number): void {
    this.#span.setAttribute(CACHE_KEY_COUNT, lookups);
    this.#span.setAttribute(CACHE_HIT_COUNT, hits);
  }

  failed(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#end(this.#describe(error));
  }

  refused(errorType: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#span.setAttribute('error.type', errorType);
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#end(errorType);
  }

  /** @returns `error.type`, undefined for a step of the protocol */
  #describe(error: unknown): string | undefined {
    const message = wholeMessageOf(error);
    const code = replyCode(message);
    if (code !== undefined) this.#span.setAttribute('db.response.status_code', code);
    if (code !== undefined && STEPS.has(code)) return undefined;
    const type = code ?? errorTypeOf(error);
    this.#span.setAttribute('error.type', type);
    this.#span.setStatus({
      code: SpanStatusCode.ERROR,
      message: this.#watch.describe(error, shownOfReply(error, message)),
    });
    return type;
  }

  #end(errorType: string | undefined): void {
    this.#span.end();
    const { metrics } = this.#watch;
    if (!metrics || this.#start === 0 || this.#commands[0]?.blocks) return;
    const attributes = this.#target.measured(this.#operation);
    if (errorType !== undefined) attributes['error.type'] = errorType;
    metrics.operated((performance.now() - this.#start) / 1_000, attributes);
  }
}
