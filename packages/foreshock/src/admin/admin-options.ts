import { join } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import type { startOwnThread } from '@foreshock/export';
import type { Config } from '../config.ts';
import type { AdminOptions } from './admin-link.ts';

/** Package managers pass their environment to the start script: the port is the service's. */
const PACKAGE_MANAGER = /[\\/](?:npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)(?:-cli)?(?:\.[cm]?js)?$/;

/** @returns undefined: unwanted */
export function adminOptions(
  { admin }: Config,
  resource: Attributes,
  startThread: typeof startOwnThread,
): AdminOptions | undefined {
  if (!admin || PACKAGE_MANAGER.test(process.argv[1] ?? '')) return undefined;
  const threadFile = join(import.meta.dirname, 'admin.cjs');
  return { ...admin, service: String(resource['service.name']), threadFile, startThread };
}
