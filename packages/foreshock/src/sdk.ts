import { Env } from './env.ts';
import { writeLine } from './log.ts';
import { makePlugin, type Plugin } from './plugin.ts';
import { readPluginConfig, type PluginConfig } from './plugin-config.ts';

/** What {@link foreshock} adds to a `NodeSDK`. */
export interface Foreshock {
  /** Every boundary, as a plain `Instrumentation`; each stands aside where upstream's is registered too. */
  instrumentations: Plugin['instrumentations'];
  /** W3C trace context (level 2), baggage and `x-trace-id`, or what OTEL_PROPAGATORS names. */
  textMapPropagator: Plugin['textMapPropagator'];
  /**
   * Put attempt, breaker state and `x-trace-id` on every span of the process, and recognise retries written by hand;
   * add your exporting processor after them.
   */
  spanProcessors: Plugin['spanProcessors'];
}

/** What can be set in code; what is left out is as the environment says. */
export type ForeshockOptions = Partial<PluginConfig>;

const env = new Env(process.env);
const environment = readPluginConfig(env);
const level = env.text('OTEL_LOG_LEVEL')?.toLowerCase();
const isDisabled = env.boolean('OTEL_SDK_DISABLED', false);

// Not by `diag`: the SDK's logger is not there yet.
function warn(line: string): void {
  if (level !== 'none' && level !== 'error' && !isDisabled) writeLine(`foreshock: ${line}`);
}

for (const line of env.warnings) warn(line);
let current = start(environment);

function start(config: PluginConfig): Plugin {
  const plugin = makePlugin(config, warn);
  if (isDisabled) for (const instrumentation of plugin.instrumentations) instrumentation.disable();
  return plugin;
}

function configure(options: ForeshockOptions = {}): Foreshock {
  // Two that are attached would make two spans of everything.
  for (const instrumentation of current.instrumentations) instrumentation.disable();
  current = start({ ...environment, ...options });
  return { ...current };
}

/**
 * Foreshock as parts for your own `new NodeSDK({ ...foreshock, … })`, SDK 2.x or 3.x. Export, sampling and resource stay
 * yours. It reads the same variables as the preload; `...foreshock({ trustIncoming: false })` sets in code what
 * differs from them, and replaces what was made before. Attached when this module is first imported, before the
 * libraries you want to see.
 */
export const foreshock: Foreshock & ((options?: ForeshockOptions) => Foreshock) = Object.assign(configure, {
  ...current,
});
