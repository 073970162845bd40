import type { Carrier } from '../../events.ts';
import type { JobOptions } from './job.ts';

/** More than any carrier of ours has. */
const MAX_METADATA = 32_768;

/** Travels with a job that is due when its children are done, whenever that is. */
export const WAITS = 'foreshock-waits';

/**
 * A carrier as bullmq's telemetry lets it travel, `opts.telemetry.metadata`: a text, and in it JSON as `bullmq-otel`
 * writes and reads it. So the trace goes on where one side uses that.
 *
 * @param waits the job waits for others first
 */
export function metadataOf(carrier: Carrier | undefined, waits = false): string | undefined {
  return carrier && JSON.stringify(waits ? { ...carrier, [WAITS]: 'children' } : carrier);
}

/** Whatever a stranger put there: what is no JSON object is nothing. */
export function carrierIn(opts: JobOptions | undefined): Record<string, unknown> | undefined {
  const metadata = opts?.telemetry?.metadata ?? opts?.telemetryMetadata ?? opts?.tm;
  if (typeof metadata !== 'string' || metadata.length > MAX_METADATA || !metadata.startsWith('{')) return undefined;
  try {
    return JSON.parse(metadata) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Options of a new job with its own trace: those of an earlier job bring the trace of that along. */
export function withMetadata(opts: JobOptions | undefined, metadata: string): JobOptions {
  return { ...opts, telemetry: { ...opts?.telemetry, metadata } };
}

/**
 * The same before 5.34, which knows no `telemetry`: it stores options that it does not know as they are, and `tm` is
 * where later versions look.
 */
export function withEarlyMetadata(opts: JobOptions | undefined, metadata: string): JobOptions {
  const { telemetry: _, telemetryMetadata: __, ...rest } = opts ?? {};
  return { ...rest, tm: metadata };
}
