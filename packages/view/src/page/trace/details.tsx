import type { RefObject } from 'preact';
import type { SpanDetail } from '../contract.ts';
import { Ready } from '../frame/state.tsx';
import { Text } from '../frame/text.tsx';
import { TraceLink } from '../frame/trace-link.tsx';
import { useLive } from '../live/use-live.ts';
import { withQuery } from '../query.ts';
import { printable, shortened } from '../words/attribute.ts';
import { duration } from '../words/duration.ts';
import { dateTime } from '../words/time.ts';
import { AttributeList } from './attribute-list.tsx';
import { Events } from './events.tsx';
import { LogLines } from './logs.tsx';
import type { Row, TraceModel } from './model.ts';
import { sentencesOf } from './sentences.ts';

const MOST_LINKS = 100;
const KINDS = ['kind not given', 'internal', 'server', 'client', 'producer', 'consumer'];

interface Props {
  frame: RefObject<HTMLElement | null>;
  row: Row;
  model: TraceModel;
  onClose(): void;
}

export function Details({ frame, row, model, onClose }: Props) {
  const { spanId, kind, start } = row;
  const path = withQuery(`/api/traces/${model.traceId}/spans/${spanId}`, { kind });
  const detail = useLive<SpanDetail>(path, undefined, () => false);
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
        <Text of={row.name || '(no name)'} most={500} />
      </h2>
      <p>
        <Text of={row.service} most={200} /> · {KINDS[kind]} · <strong>{duration(row.durationMs)}</strong>, begins after{' '}
        <span title={dateTime(start)}>{duration(start - model.from)}</span>
      </p>
      {/* It takes a few milliseconds, and "Loading" would be spoken for every row. */}
      {(detail.data ?? detail.error) && (
        <Ready of={detail}>{(loaded) => <Loaded row={row} model={model} detail={loaded} />}</Ready>
      )}
    </section>
  );
}

function Loaded({ row, model, detail }: { row: Row; model: TraceModel; detail: SpanDetail }) {
  const { parentId, statusMessage, attributes } = detail;
  const logs = model.logs.filter(({ spanId }) => spanId === row.spanId);
  const holder = model.holder(row);
  const isOrphan = parentId !== null && model.placeOf(parentId) === undefined;
  return (
    <>
      {row.status === 'error' && (
        <p class="error-sign">✕ failed{statusMessage && `: ${printable(shortened(statusMessage, 2000))}`}</p>
      )}
      {isOrphan && <p class="quiet">Its parent {parentId} is not here.</p>}
      {sentencesOf(attributes).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {holder && (
        <p>
          Held by <TraceLink {...holder}>{`trace ${holder.traceId.slice(0, 8)}`}</TraceLink>
        </p>
      )}
      <Links links={detail.links} />
      <AttributeList title="Attributes" attributes={attributes} canSearch />
      <Events events={detail.events} start={row.start} />
      {logs.length > 0 && <h3>Log lines</h3>}
      <LogLines lines={logs} model={model} />
      <details>
        <summary>Resource and ids</summary>
        <p class="id whole">span {row.spanId}</p>
        {detail.scope && (
          <p>
            instrumentation <Text of={detail.scope} most={200} />
          </p>
        )}
        <AttributeList attributes={detail.resource} />
      </details>
    </>
  );
}

function Links({ links }: Pick<SpanDetail, 'links'>) {
  if (links.length === 0) return null;
  return (
    <>
      <h3>Links</h3>
      <ul>
        {links.slice(0, MOST_LINKS).map((link, i) => (
          <li key={i}>
            <TraceLink traceId={link.traceId} spanId={link.spanId}>
              {`trace ${link.traceId.slice(0, 8)}, span ${link.spanId.slice(0, 8)}`}
            </TraceLink>
            <AttributeList attributes={link.attributes} />
          </li>
        ))}
      </ul>
      {links.length > MOST_LINKS && <p class="quiet">and {links.length - MOST_LINKS} more</p>}
    </>
  );
}
