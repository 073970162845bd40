import { HandOver, type Hooks } from '@foreshock/kit';
import type { Attempt, Called, RetryPolicy, RpcEvents } from '../../events.ts';
import { AttemptListener, CallListener, type LoadBalancingCall } from './listeners.ts';
import { CANCELLED } from '../../status.ts';
import { MetadataHeaders, type Metadata } from './metadata.ts';

const FILES = '@grpc/grpc-js/build/src';
/** retrying-call.js, of versions that do not name it. */
const MOST_ATTEMPTS = 5;

/** resolving-call.js: a call of any client or channel, below interceptors. */
interface ResolvingCall {
  readonly method: string;
  readonly deadline: number | Date;
  readonly metadata: Metadata;
  readonly channel: { getTarget(): string; readonly options?: Readonly<Record<string, unknown>> };
}

/** retrying-call.js: makes attempts. */
interface RetryingCall {
  readonly state: string;
  readonly maxAttempts?: number;
  readonly callConfig: {
    readonly methodConfig: { readonly retryPolicy?: Policy; readonly hedgingPolicy?: Policy };
  };
}

interface Policy {
  readonly maxAttempts: number;
}

/**
 * Each call is a `ResolvingCall`, whose metadata go on to its `RetryingCall` as they are, or without retries to its
 * `LoadBalancingCall` (until 1.12). What waits continues where others end, in their context.
 */
export function attachClient(events: RpcEvents, hooks: Hooks): void {
  /** By `ResolvingCall`, its metadata, and `RetryingCall`. */
  const calls = new WeakMap<object, Called>();
  /** By `LoadBalancingCall`. */
  const attempts = new WeakMap<object, Attempt>();
  /** By what waits in a channel's queue. */
  const waiting = new WeakMap<object, Attempt>();
  const nextAttempt = new HandOver<Attempt>();

  hooks.onLoad(`${FILES}/resolving-call.js`, ({ exports }) => {
    const { prototype } = exports.ResolvingCall;
    hooks.calls(prototype, 'start', {
      begin(self: ResolvingCall, args): Called | undefined {
        const call = events.calling({ path: self.method, target: targetOf(self), deadline: Number(self.deadline) });
        if (!call) return undefined;
        calls.set(self, call);
        args[1] = new CallListener(call, args[1]);
        return call;
      },
      // It has copied the caller's.
      returned(call, _result, { metadata }: ResolvingCall) {
        calls.set(metadata, call);
        call.propagate(new MetadataHeaders(metadata));
      },
    });
    hooks.before(prototype, 'cancelWithStatus', (self, [code]) => {
      if (code === CANCELLED) calls.get(self)?.cancelled();
    });
    hooks.calls(prototype, 'getConfig', {
      begin: (self) => taken(waiting, self),
      within: ({ call }) => call,
      returned: (attempt, _result, self) => continued(waiting, attempt, self),
    });
  });

  hooks.onLoad(`${FILES}/retrying-call.js`, ({ exports }) => {
    const { prototype } = exports.RetryingCall;
    hooks.before(prototype, 'start', (self, [metadata]) => {
      const call = calls.get(metadata);
      if (call) calls.set(self, call);
    });
    hooks.calls(prototype, 'startNewAttempt', {
      begin: (self: RetryingCall): Attempt | undefined => calls.get(self)?.attempt(policyOf(self)),
      within: ({ call }) => call,
      handOver: nextAttempt,
    });
  });

  hooks.onLoad(`${FILES}/load-balancing-call.js`, ({ exports }) => {
    const { prototype } = exports.LoadBalancingCall;
    hooks.before(prototype, 'start', (self: LoadBalancingCall, args) => {
      const attempt = nextAttempt.take() ?? calls.get(args[0])?.attempt(undefined);
      if (!attempt) return;
      attempts.set(self, attempt);
      args[1] = new AttemptListener(attempt, args[1], self);
      if (attempt.number === 1) return;
      const metadata: Metadata = args[0].clone();
      attempt.propagate(new MetadataHeaders(metadata));
      args[0] = metadata;
    });
    // Call credentials are made in it: perhaps by a call of the application's.
    hooks.calls(prototype, 'doPick', {
      begin: (self) => taken(waiting, self),
      within: ({ call }) => call,
      returned: (attempt, _result, self) => continued(waiting, attempt, self),
    });
  });

  hooks.onLoad(`${FILES}/internal-channel.js`, ({ exports }) => {
    const { prototype } = exports.InternalChannel;
    hooks.before(prototype, 'queueCallForConfig', (_channel, [call]) => {
      const attempt = calls.get(call)?.first;
      if (!attempt) return;
      attempt.waitsFor('dns');
      waiting.set(call, attempt);
    });
    hooks.before(prototype, 'queueCallForPick', (_channel, [call]) => {
      const attempt = attempts.get(call);
      if (!attempt) return;
      attempt.waitsFor('connect');
      waiting.set(call, attempt);
    });
  });

  // It outlives the call that needed it first.
  hooks.onLoad(`${FILES}/subchannel.js`, ({ exports }) =>
    hooks.detach(exports.Subchannel.prototype, 'startConnecting'),
  );
}

/** Behind a proxy: `options` of http_proxy.js. */
function targetOf({ channel }: ResolvingCall): string {
  const behind = channel.options?.['grpc.http_connect_target'];
  return typeof behind === 'string' ? behind : channel.getTarget();
}

function policyOf({ state, maxAttempts, callConfig }: RetryingCall): RetryPolicy | undefined {
  const { retryPolicy, hedgingPolicy } = callConfig.methodConfig;
  const [name, policy] = state === 'HEDGING' ? ['grpc hedging', hedgingPolicy] : ['grpc', retryPolicy];
  if (!policy || state === 'NO_RETRY') return undefined;
  const most = maxAttempts ?? Math.min(policy.maxAttempts, MOST_ATTEMPTS);
  return most > 1 ? { name: name as string, maxAttempts: most } : undefined;
}

function taken(waiting: WeakMap<object, Attempt>, call: object): Attempt | undefined {
  const attempt = waiting.get(call);
  if (attempt) waiting.delete(call);
  return attempt;
}

/** Unless it has been queued again. */
function continued(waiting: WeakMap<object, Attempt>, attempt: Attempt, call: object): void {
  if (!waiting.has(call)) attempt.goesOn();
}
