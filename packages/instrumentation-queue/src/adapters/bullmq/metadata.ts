import type { Carrier } from '../../events.ts';
import type { JobOptions } from './job.ts';

/** Beyond any carrier. */
const MAX_METADATA = 32_768;

/** The job waits for children. */
export const WAITS = 'foreshock-waits';

/**
 * JSON, as `bullmq-otel` reads and writes it.
 *
 * @param waits the job has children
 */
export function metadataOf(carrier: Carrier | undefined, waits = false): string | undefined {
  return carrier && JSON.stringify(waits ? { ...carrier, [WAITS]: 'children' } : carrier);
}

/** Untrusted: undefined unless JSON object. */
export function carrierIn(opts: JobOptions | undefined): Record<string, unknown> | undefined {
  const metadata = opts?.telemetry?.metadata ?? opts?.telemetryMetadata ?? opts?.tm;
  if (typeof metadata !== 'string' || metadata.length > MAX_METADATA || !metadata.startsWith('{')) return undefined;
  try {
    return JSON.parse(metadata) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Reused options have an earlier trace. */
export function withMetadata(opts: JobOptions | undefined, metadata: string): JobOptions {
  return { ...opts, telemetry: { ...opts?.telemetry, metadata } };
}

/** Before 5.34: unknown options are stored unchanged; later versions read `tm`. */
export function withEarlyMetadata(opts: JobOptions | undefined, metadata: string): JobOptions {
  const { telemetry: _, telemetryMetadata: __, ...rest } = opts ?? {};
  return { ...rest, tm: metadata };
}
