import {
  ForeshockPropagator,
  hostPatternsFrom,
  propagatorsFromNames,
  type PropagatorName,
} from '@foreshock/propagator';
import type { BoundaryLogs } from '@foreshock/instrumentation-logs';
import type { Env } from './env.ts';

/** Spans only if configured (README of instrumentation-queue). */
const HAVE_OWN_COMMANDS = ['@aws-sdk/client-sqs', 'bull', 'bullmq', 'pg-boss'] as const;

/** For preload and `foreshock/sdk`. */
export interface PluginConfig {
  /** FORESHOCK_POOL_LEAK_MS: until a pooled connection counts as leaked; 0: never. Default 30,000. */
  poolLeakMs: number;
  /** FORESHOCK_DB_ERROR_MESSAGES: records database and cache messages with values. Default false. */
  dbErrorMessages: boolean;
  /** FORESHOCK_KEY_HASH: salt of the hashes of cache keys and rows (`foreshock races`). Default undefined: none. */
  keyHash: string | undefined;
  /** FORESHOCK_RETRY_STORM: resends per first attempt to a target in 10 s. Default 0.5. */
  retryStorm: number;
  /** FORESHOCK_PROPAGATE_ATTEMPTS: sends the attempt count in `baggage`. Default true. */
  propagateAttempts: boolean;
  /** FORESHOCK_TRUST_INCOMING: accepts callers' ids and sampling. Default true. */
  trustIncoming: boolean;
  /** FORESHOCK_PROPAGATE_TO: hosts that receive our headers; default undefined: all. */
  propagateTo: string[] | undefined;
  /** FORESHOCK_PROPAGATE_NOT_TO: queues, topics and exchanges without trace headers. Default none. */
  propagateNotTo: string[] | undefined;
  /** FORESHOCK_OWN_COMMANDS: queue libraries (npm names) whose commands get spans. Default none. */
  ownCommands: string[] | undefined;
  /** FORESHOCK_BOUNDARY_LOGS: entry and exit lines of boundaries, by the application's logger. Default none. */
  boundaryLogs: BoundaryLogs | undefined;
  /** FORESHOCK_CONSOLE_JSON: `console` writes JSON lines. Default false. */
  consoleJson: boolean;
  /** OTEL_PROPAGATORS; default undefined: `tracecontext,baggage,x-trace-id`. */
  propagators: PropagatorName[] | undefined;
  /** OTEL_NODE_ENABLED_INSTRUMENTATIONS: npm names; default undefined: all. */
  enabledInstrumentations: string[] | undefined;
  /** OTEL_NODE_DISABLED_INSTRUMENTATIONS: overrides enabled. Default none. */
  disabledInstrumentations: string[] | undefined;
}

export function readPluginConfig(env: Env): PluginConfig {
  return {
    poolLeakMs: env.milliseconds(['FORESHOCK_POOL_LEAK_MS'], 30_000),
    dbErrorMessages: env.boolean('FORESHOCK_DB_ERROR_MESSAGES', false),
    keyHash: readKeyHash(env),
    retryStorm: env.ratio('FORESHOCK_RETRY_STORM', 0.5),
    propagateAttempts: env.boolean('FORESHOCK_PROPAGATE_ATTEMPTS', true),
    trustIncoming: env.boolean('FORESHOCK_TRUST_INCOMING', true),
    propagateTo: readHosts(env),
    propagateNotTo: env.list('FORESHOCK_PROPAGATE_NOT_TO'),
    ownCommands: readOwnCommands(env),
    boundaryLogs: readBoundaryLogs(env),
    consoleJson: env.boolean('FORESHOCK_CONSOLE_JSON', false),
    propagators: readPropagators(env),
    enabledInstrumentations: env.list('OTEL_NODE_ENABLED_INSTRUMENTATIONS'),
    disabledInstrumentations: env.list('OTEL_NODE_DISABLED_INSTRUMENTATIONS'),
  };
}

export function makePropagator({ propagators, trustIncoming, propagateTo }: PluginConfig): ForeshockPropagator {
  return new ForeshockPropagator({ ...(propagators && { propagators }), trustIncoming, propagateTo });
}

/** A salt that everybody guesses hides nothing. */
function readKeyHash(env: Env): string | undefined {
  const salt = env.text('FORESHOCK_KEY_HASH');
  if (salt === undefined || !/^(?:true|false|yes|no|on|off|\d)$/i.test(salt)) return salt;
  env.wrong('FORESHOCK_KEY_HASH', salt, 'is no long random text, spans have no hashes');
  return undefined;
}

function readOwnCommands(env: Env): string[] | undefined {
  const asked = env.list('FORESHOCK_OWN_COMMANDS');
  if (!asked) return undefined;
  const { found, unknown } = env.known(asked, HAVE_OWN_COMMANDS);
  if (unknown.length > 0) {
    const instead = found.length > 0 ? 'it is left out' : 'none is used';
    env.wrong('FORESHOCK_OWN_COMMANDS', unknown.join(','), `is none of ${HAVE_OWN_COMMANDS.join(', ')}, ${instead}`);
  }
  return found.length > 0 ? found : undefined;
}

function readBoundaryLogs(env: Env): BoundaryLogs | undefined {
  const word = env.oneOf(['FORESHOCK_BOUNDARY_LOGS'], ['none', 'errors', 'all'], 'none');
  return word === 'none' ? undefined : word;
}

function readHosts(env: Env): string[] | undefined {
  const asked = env.list('FORESHOCK_PROPAGATE_TO');
  if (!asked) return undefined;
  const { patterns, invalid } = hostPatternsFrom(asked);
  for (const entry of invalid)
    env.wrong('FORESHOCK_PROPAGATE_TO', entry, 'is no host, host:port or *.domain, it matches none');
  return patterns;
}

function readPropagators(env: Env): PropagatorName[] | undefined {
  const asked = env.list('OTEL_PROPAGATORS');
  if (!asked) return undefined;
  const { propagators, unknown } = propagatorsFromNames(asked);
  for (const name of unknown) env.wrong('OTEL_PROPAGATORS', name, `is not known, ${propagators.join(',')} is used`);
  return propagators;
}
