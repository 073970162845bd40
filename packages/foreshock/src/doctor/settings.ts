import { readConfig, type Config } from '../config.ts';
import { Env } from '../env.ts';
import { selectLibraries } from '../library-selection.ts';
import { readResource } from '../resource.ts';
import { look, ok, wrong, type Finding } from './finding.ts';
import { SUPPORTED } from './supported.ts';

export interface Settings {
  /** Undefined under OTEL_SDK_DISABLED. */
  config: Config | undefined;
  service: string;
  findings: Finding[];
}

/** From `OTEL_*` and `FORESHOCK_*`. */
export function readSettings(variables: NodeJS.ProcessEnv): Settings {
  const env = new Env(variables);
  const isDisabled = env.boolean('OTEL_SDK_DISABLED', false);
  const config = readConfig(env);
  const service = String(readResource(env)['service.name']);
  const warnings = [...env.warnings];
  selectLibraries(config, new Set(SUPPORTED.map(({ library }) => library)), (line) => warnings.push(line));
  const findings = warnings.map(wrongSetting);
  if (isDisabled) {
    findings.push(wrong('disabled', 'OTEL_SDK_DISABLED=true: nothing is traced', 'remove it'));
    return { config: undefined, service, findings };
  }
  const found = [
    exporter(config),
    sampling(config),
    named(service),
    ...propagation(config),
    libraries(config),
    config.flushMs === 0 &&
      look('end', 'FORESHOCK_FLUSH_MS=0: what is not sent when the process ends is lost', 'remove it'),
    env.text('OTEL_LOG_LEVEL') === 'none' &&
      look('log', 'OTEL_LOG_LEVEL=none: Foreshock does not say why spans are lost', 'remove it'),
  ];
  return { config, service, findings: [...findings, ...found.filter((each) => each !== false)] };
}

function wrongSetting(line: string): Finding {
  if (/^OTEL_EXPORTER_OTLP_(?:TRACES_)?PROTOCOL="?grpc/.test(line))
    return wrong('variable', line, 'remove it: collectors take OTLP over HTTP on port 4318 instead of 4317');
  return wrong(
    'variable',
    line,
    line.endsWith('is set, Foreshock does not read it') ? 'use OTEL_* variables' : 'correct it',
  );
}

function exporter({ destinations }: Config): Finding | false {
  if (destinations.length === 0)
    return wrong('exporter', 'OTEL_TRACES_EXPORTER=none: nothing is sent', 'remove it, or name otlp or zipkin');
  if (destinations.every(({ kind }) => kind === 'console'))
    return look(
      'exporter',
      'OTEL_TRACES_EXPORTER=console: spans go to standard output only',
      'name otlp, too: OTEL_TRACES_EXPORTER=otlp,console',
    );
  return false;
}

function sampling({ sampler: { name, ratio } }: Config): Finding {
  const isRatio = name.endsWith('traceidratio');
  const isNothing = name.endsWith('always_off') || (isRatio && ratio === 0);
  const given = `OTEL_TRACES_SAMPLER=${name}${isRatio ? `, OTEL_TRACES_SAMPLER_ARG=${ratio}` : ''}`;
  if (isNothing && name.startsWith('parentbased_'))
    return wrong('sampling', `${given}: only traces that a caller has begun are recorded`, 'use parentbased_always_on');
  if (isNothing) return wrong('sampling', `${given}: no trace is recorded`, 'use parentbased_always_on');
  if (isRatio && ratio < 1)
    return look(
      'sampling',
      `${given}: about ${ratio < 0.01 ? `${Math.round(ratio * 1e6)} of a million traces are` : `${Math.round(ratio * 100)} of 100 traces are`} recorded`,
      'to see every trace while you look: OTEL_TRACES_SAMPLER=always_on',
    );
  return ok('sampling', name === 'always_on' ? 'every trace' : 'every trace, but those whose caller says no');
}

function named(service: string): Finding {
  if (service.startsWith('unknown_service'))
    return look('service', `it has no name: its spans arrive as ${service}`, 'set OTEL_SERVICE_NAME');
  return ok('service', service);
}

function propagation({ propagators, propagateTo, trustIncoming }: Config): Finding[] {
  const findings: Finding[] = [];
  const names: string[] | undefined = propagators;
  if (names && !names.includes('tracecontext') && !names.some((name) => name.startsWith('b3')))
    findings.push(
      look(
        'propagation',
        `OTEL_PROPAGATORS=${names.join(',') || 'none'}: callers and called services do not share a trace`,
        'remove it, or add tracecontext',
      ),
    );
  else if (names && !names.includes('tracecontext'))
    findings.push(
      look(
        'propagation',
        `OTEL_PROPAGATORS=${names.join(',')}: services that use W3C traceparent do not share a trace with it`,
        `OTEL_PROPAGATORS=tracecontext,${names.join(',')}`,
      ),
    );
  if (propagateTo)
    findings.push(
      look(
        'propagation',
        `FORESHOCK_PROPAGATE_TO: only ${propagateTo.join(', ') || 'no host'} continues the traces`,
        'name the other hosts of yours, too',
      ),
    );
  if (!trustIncoming)
    findings.push(
      look(
        'propagation',
        'FORESHOCK_TRUST_INCOMING=false: traces of callers end here, and new ones begin',
        'remove it where the callers are services of yours',
      ),
    );
  return findings;
}

function libraries({ enabledInstrumentations, disabledInstrumentations }: Config): Finding | false {
  const said = [
    ...(enabledInstrumentations ? [`OTEL_NODE_ENABLED_INSTRUMENTATIONS=${enabledInstrumentations.join(',')}`] : []),
    ...(disabledInstrumentations ? [`OTEL_NODE_DISABLED_INSTRUMENTATIONS=${disabledInstrumentations.join(',')}`] : []),
  ];
  if (said.length === 0) return false;
  return look('libraries', `${said.join(', ')}: the others make no spans`, 'remove it to see all');
}
