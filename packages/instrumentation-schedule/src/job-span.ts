import { ROOT_CONTEXT, SpanKind, type Span, type SpanOptions } from '@opentelemetry/api';
import type { Telemetry } from '@foreshock/kit';
import { JOB_SCHEDULE, JOB_SYSTEM } from '@foreshock/kit/names';
import type { JobDescription } from './events.ts';

const LONGEST_NAME = 128;

export function startJob(
  { tracer, library }: Telemetry,
  { name, functionName: given, schedule }: JobDescription,
  startTime: number,
  { attributes, links }: Pick<SpanOptions, 'attributes' | 'links'> = {},
): Span {
  const functionName = given?.replace(/^(?:bound )+/, '') || undefined;
  return tracer.startSpan(
    jobName(name ?? functionName ?? schedule ?? library),
    {
      kind: SpanKind.INTERNAL,
      root: true,
      attributes: {
        [JOB_SYSTEM]: library,
        ...(functionName !== undefined && { 'code.function.name': functionName }),
        ...(schedule !== undefined && { [JOB_SCHEDULE]: schedule }),
        ...attributes,
      },
      startTime,
      ...(links && { links }),
    },
    ROOT_CONTEXT,
  );
}

export function jobName(name: string): string {
  return `job ${name.slice(0, LONGEST_NAME)}`;
}
