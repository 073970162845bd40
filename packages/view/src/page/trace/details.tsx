import type { RefObject } from 'preact';
import type { Span, Trace } from '../contract.ts';
import { Text } from '../frame/text.tsx';
import { TraceLink } from '../frame/trace-link.tsx';
import { printable, shortened } from '../words/attribute.ts';
import { duration } from '../words/duration.ts';
import { dateTime } from '../words/time.ts';
import { AttributeList } from './attribute-list.tsx';
import { LogLines } from './logs.tsx';
import type { TraceModel } from './model.ts';
import { sentencesOf } from './sentences.ts';

const MOST_EVENTS = 100;
const MOST_LINKS = 100;

interface Props {
  frame: RefObject<HTMLElement | null>;
  span: Span;
  trace: Trace;
  model: TraceModel;
  onClose(): void;
}

export function Details({ frame, span, trace, model, onClose }: Props) {
  const offset = span.start - model.from;
  const logs = trace.logs.filter(({ spanId }) => spanId === span.spanId);
  const isOrphan = span.parentId !== null && !model.byId.has(span.parentId);
  return (
    <section
      ref={frame}
      class="details"
      tabIndex={-1}
      aria-label="Details of the span"
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <button type="button" class="plain close" aria-label="Close the details" onClick={onClose}>
        ✕
      </button>
      <h2>
        <Text of={span.name || '(no name)'} most={500} />
      </h2>
      <p>
        <Text of={span.service} most={200} /> · {span.kind.toLowerCase()} · <strong>{duration(span.durationMs)}</strong>
        , begins after <span title={dateTime(span.start)}>{duration(offset)}</span>
      </p>
      {span.status === 'error' && (
        <p class="error-sign">✕ failed{span.statusMessage && `: ${printable(shortened(span.statusMessage, 2000))}`}</p>
      )}
      {isOrphan && <p class="quiet">Its parent {span.parentId} is not here.</p>}
      {sentencesOf(span).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {model.holders.get(span.spanId)?.map((holder) => (
        <p key={holder.traceId}>
          Held by{' '}
          <TraceLink traceId={holder.traceId} spanId={holder.holderSpanId}>
            {`trace ${holder.traceId.slice(0, 8)}`}
          </TraceLink>
        </p>
      ))}
      <Links span={span} />
      <AttributeList title="Attributes" attributes={span.attributes} canSearch />
      {span.events.length > 0 && <h3>Events</h3>}
      {span.events.slice(0, MOST_EVENTS).map((event, i) => (
        <div key={i} class="event">
          <p>
            ◆{' '}
            <strong>
              <Text of={event.name} most={200} />
            </strong>{' '}
            <span class="quiet" title={dateTime(event.time)}>
              after {duration(event.time - span.start)}
            </span>
          </p>
          <AttributeList attributes={event.attributes} />
        </div>
      ))}
      {span.events.length > MOST_EVENTS && <p class="quiet">and {span.events.length - MOST_EVENTS} more</p>}
      {logs.length > 0 && <h3>Log lines</h3>}
      <LogLines lines={logs} model={model} />
      <details>
        <summary>Resource and ids</summary>
        <p class="id whole">span {span.spanId}</p>
        {span.scope && (
          <p>
            instrumentation <Text of={span.scope} most={200} />
          </p>
        )}
        <AttributeList attributes={trace.resources[span.service] ?? {}} />
      </details>
    </section>
  );
}

function Links({ span }: { span: Span }) {
  if (span.links.length === 0) return null;
  return (
    <>
      <h3>Links</h3>
      <ul>
        {span.links.slice(0, MOST_LINKS).map((link, i) => (
          <li key={i}>
            <TraceLink traceId={link.traceId} spanId={link.spanId}>
              {`trace ${link.traceId.slice(0, 8)}, span ${link.spanId.slice(0, 8)}`}
            </TraceLink>
            <AttributeList attributes={link.attributes} />
          </li>
        ))}
      </ul>
      {span.links.length > MOST_LINKS && <p class="quiet">and {span.links.length - MOST_LINKS} more</p>}
    </>
  );
}
