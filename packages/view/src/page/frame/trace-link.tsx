import { traceAddress } from '../route.ts';

const SHOWN_CHARACTERS = 8;

/** A shortened trace ID, with the whole one as title and for screen readers. */
export function TraceLink({
  traceId,
  spanId,
  children,
}: {
  traceId: string;
  spanId?: string | null;
  children?: string;
}) {
  return (
    <a class="id" href={traceAddress(traceId, spanId)} title={`trace ${traceId}`}>
      {children ?? traceId.slice(0, SHOWN_CHARACTERS)}
    </a>
  );
}

export function TraceLinks({ ids }: { ids: readonly string[] }) {
  return (
    <>
      {ids.map((id, i) => (
        <span key={id}>
          {i > 0 && ', '}
          <TraceLink traceId={id} />
        </span>
      ))}
    </>
  );
}
