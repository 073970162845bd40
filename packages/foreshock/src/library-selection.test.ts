import { expect, it } from 'vitest';
import { readPluginConfig } from './plugin-config.ts';
import { Env } from './env.ts';
import { selectLibraries } from './library-selection.ts';

const KNOWN = new Set(['pg', 'http', 'pino']);

function select(enabled: string, disabled = '') {
  const config = readPluginConfig(
    new Env({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: enabled, OTEL_NODE_DISABLED_INSTRUMENTATIONS: disabled }),
  );
  const lines: string[] = [];
  const libraries = selectLibraries(config, KNOWN, (line) => lines.push(line));
  return { selected: [...KNOWN].filter(libraries), lines };
}

it('selects by the two lists', () => {
  expect(select('')).toEqual({ selected: ['pg', 'http', 'pino'], lines: [] });
  expect(select('http,pg', 'pg')).toEqual({ selected: ['http'], lines: [] });
  expect(select('', 'pg,http,pino')).toEqual({ selected: [], lines: [] });
});

it('names what it does not know, with what it knows', () => {
  expect(select('http,postgres,@opentelemetry/instrumentation-pg')).toEqual({
    selected: ['http'],
    lines: [
      'OTEL_NODE_ENABLED_INSTRUMENTATIONS="postgres,@opentelemetry/instrumentation-pg" names no library that is instrumented, left out; known are http, pg, pino',
    ],
  });
  expect(select('', 'fs')).toEqual({
    selected: ['pg', 'http', 'pino'],
    lines: [
      'OTEL_NODE_DISABLED_INSTRUMENTATIONS="fs" names no library that is instrumented, none is disabled; known are http, pg, pino',
    ],
  });
});

it('turns nothing off by a list of names that are all unknown', () => {
  expect(select('postgres')).toEqual({
    selected: ['pg', 'http', 'pino'],
    lines: [
      'OTEL_NODE_ENABLED_INSTRUMENTATIONS="postgres" names no library that is instrumented, all are enabled; known are http, pg, pino',
    ],
  });
});
