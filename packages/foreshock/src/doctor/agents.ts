/** Packages that trace by themselves when they are loaded. */
const AGENTS = [
  'dd-trace',
  'newrelic',
  'elastic-apm-node',
  'appdynamics',
  'applicationinsights',
  '@azure/monitor-opentelemetry',
  '@dynatrace/oneagent',
  '@google-cloud/trace-agent',
  '@honeycombio/opentelemetry-node',
  '@instana/collector',
  '@opentelemetry/auto-instrumentations-node',
  '@aws/aws-distro-opentelemetry-node-autoinstrumentation',
  '@elastic/opentelemetry-node',
  '@newrelic/apm-agent',
  '@splunk/otel',
  'splunk-otel-js',
  'solarwinds-apm',
  'skyapm-nodejs',
] as const;

/** OpenTelemetry's SDK, which an application may start with `foreshock/sdk` in it. */
export const SDK = '@opentelemetry/sdk-node';

export function isAgent(name: string): boolean {
  return (AGENTS as readonly string[]).includes(name);
}

/** The agent that a preload such as `dd-trace/init` belongs to. */
export function agentOf(specifier: string): string | undefined {
  const inside = specifier.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '');
  return AGENTS.find((name) => inside === name || inside.startsWith(`${name}/`));
}
