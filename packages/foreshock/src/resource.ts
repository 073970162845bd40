import { basename } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Attributes } from '@opentelemetry/api';
import type { Env } from './env.ts';
import { guard, VERSION } from '@foreshock/kit';
import { CONFIG_FINGERPRINT } from '@foreshock/kit/names';
import { configFingerprint } from './config-snapshot/fingerprint.ts';
import { containerAttributes } from './container.ts';
import { lambdaResource } from './lambda/lambda-resource.ts';
import { serviceVersion } from './service-version.ts';
import { SDK_VERSION } from './version.ts';

/** Of environment values, characters (specification). */
const MAX_VALUE = 255;

/** UUID (version 4), not secret: `node:crypto` loads slowly. */
function instanceId(): string {
  const digits = Array.from({ length: 4 }, () =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const variant = ((Number.parseInt(digits[16]!, 16) & 3) | 8).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}

const KEY = 'foreshock.instance';

interface Instance {
  readonly id: string;
  readonly host: string;
  readonly version: string | undefined;
  readonly config: string | undefined;
  readonly container: Attributes;
}

/** Workers get the main thread's, without loading `node:os` or reading files. */
function instance(): Instance {
  const shared = getEnvironmentData(KEY) as unknown as Instance | undefined;
  if (shared) return shared;
  const made: Instance = {
    id: instanceId(),
    host: process.getBuiltinModule('node:os').hostname(),
    version: serviceVersion(),
    // Without a working directory it throws.
    config: guard('config fingerprint', () => configFingerprint(process.env, process.cwd())),
    container: containerAttributes(),
  };
  setEnvironmentData(KEY, made as never);
  return made;
}

/** Synchronous; OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME take precedence. */
export function readResource(env: Env): Attributes {
  const { id, host, version, config, container } = instance();
  const attributes: Attributes = {
    'service.name': `unknown_service:${basename(process.execPath)}`,
    'service.instance.id': id,
    ...(version !== undefined && { 'service.version': version }),
    ...(config !== undefined && { [CONFIG_FINGERPRINT]: config }),
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': SDK_VERSION,
    'telemetry.distro.name': 'foreshock',
    'telemetry.distro.version': VERSION,
    'host.name': host,
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    ...container,
    ...lambdaResource(process.env),
  };
  for (const [key, value] of Object.entries(env.pairs('OTEL_RESOURCE_ATTRIBUTES'))) {
    if (value.length <= MAX_VALUE) attributes[key] = value;
    else
      env.wrong(
        'OTEL_RESOURCE_ATTRIBUTES',
        `${key}=…`,
        `has a value of more than ${MAX_VALUE} characters, it is left out`,
      );
  }
  const service = env.text('OTEL_SERVICE_NAME');
  if (service !== undefined) attributes['service.name'] = service;
  return attributes;
}
