import { Env } from './env.ts';
import { writeLine } from './log.ts';
import { sendByLogsApi } from './logs-api.ts';
import { makePlugin, type Plugin } from './plugin.ts';
import { readPluginConfig, type PluginConfig } from './plugin-config.ts';

export interface Foreshock {
  /** They make no spans for libraries that upstream's instruments. */
  instrumentations: Plugin['instrumentations'];
  /** W3C trace context (level 2), baggage, `x-trace-id`, or as in OTEL_PROPAGATORS. */
  textMapPropagator: Plugin['textMapPropagator'];
  /**
   * Add attempt, breaker state and `x-trace-id` to spans, and detect hand-written retries; exporting processors come
   * last.
   */
  spanProcessors: Plugin['spanProcessors'];
}

/** Defaults: the environment. */
export type ForeshockOptions = Partial<PluginConfig>;

const env = new Env(process.env);
const environment = readPluginConfig(env);
const level = env.text('OTEL_LOG_LEVEL')?.toLowerCase();
const logsExporter = env.text('OTEL_LOGS_EXPORTER')?.toLowerCase() ?? 'none';
const isDisabled = env.boolean('OTEL_SDK_DISABLED', false);

// `diag` has no logger yet.
function warn(line: string): void {
  if (level !== 'none' && level !== 'error' && !isDisabled) writeLine(`foreshock: ${line}`);
}

for (const line of env.warnings) warn(line);
let current = start(environment);

function start(config: PluginConfig): Plugin {
  const plugin = makePlugin(config, warn, logsExporter === 'none' ? undefined : sendByLogsApi);
  if (isDisabled) for (const instrumentation of plugin.instrumentations) instrumentation.disable();
  return plugin;
}

function configure(options: ForeshockOptions = {}): Foreshock {
  // Two sets would duplicate spans.
  for (const instrumentation of current.instrumentations) instrumentation.disable();
  current = start({ ...environment, ...options });
  return { ...current };
}

/**
 * For your own `new NodeSDK({ ...foreshock, … })`, SDK 2.x or 3.x. Reads the preload's variables; `...foreshock({
 * trustIncoming: false })` overrides them. Import it before the libraries.
 */
export const foreshock: Foreshock & ((options?: ForeshockOptions) => Foreshock) = Object.assign(configure, {
  ...current,
});
