/** Packages that trace once loaded. */
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

/** Applications may start it with `foreshock/sdk`. */
export const SDK = '@opentelemetry/sdk-node';

export function isAgent(name: string): boolean {
  return (AGENTS as readonly string[]).includes(name);
}

/** Which agent a preload (`dd-trace/init`) belongs to. */
export function agentOf(specifier: string): string | undefined {
  const inside = specifier.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '');
  return AGENTS.find((name) => inside === name || inside.startsWith(`${name}/`));
}
