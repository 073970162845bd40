import { Text } from '../frame/text.tsx';
import { useState } from 'preact/hooks';
import type { LogLine } from '../contract.ts';
import { traceAddress } from '../route.ts';
import { count } from '../words/count.ts';
import { duration } from '../words/duration.ts';
import { clock, dateTime } from '../words/time.ts';
import type { TraceModel } from './model.ts';

const STEP = 200;
const LONGEST = 2000;

export function Logs({ model }: { model: TraceModel }) {
  if (model.logs.length === 0) return null;
  return (
    <section aria-labelledby="logs">
      <h2 id="logs">Log lines</h2>
      <p class="quiet">{count(model.logs.length, 'line')} with this trace's ID</p>
      <LogLines lines={model.logs} model={model} isOfTrace />
    </section>
  );
}

interface LinesProps {
  lines: readonly LogLine[];
  model: TraceModel;
  /** Then each leads to its span. */
  isOfTrace?: boolean;
}

export function LogLines({ lines, model, isOfTrace = false }: LinesProps) {
  const [most, setMost] = useState(STEP);
  if (lines.length === 0) return null;
  return (
    <>
      <ol class="logs">
        {lines.slice(0, most).map((line, i) => (
          <li key={i} class={isSevere(line) ? 'severe' : ''}>
            <time title={dateTime(line.time)}>{clock(line.time)}</time>{' '}
            <span class="quiet">after {duration(line.time - model.from)}</span>{' '}
            <strong>
              {isSevere(line) && '✕ '}
              <Text of={line.severity} most={20} />
            </strong>{' '}
            <Text of={line.body} most={LONGEST} /> {isOfTrace && <SpanOf line={line} model={model} />}
          </li>
        ))}
      </ol>
      {lines.length > most && (
        <button type="button" onClick={() => setMost(most + STEP)}>
          Show more
        </button>
      )}
    </>
  );
}

function SpanOf({ line, model }: { line: LogLine; model: TraceModel }) {
  const place = line.spanId === null ? undefined : model.placeOf(line.spanId);
  if (place === undefined) return null;
  return (
    <a href={traceAddress(model.traceId, line.spanId)}>
      <Text of={model.row(place).name || '(no name)'} most={80} />
    </a>
  );
}

function isSevere({ severity }: LogLine): boolean {
  return /^(err|fatal|crit|alert|emerg)/i.test(severity);
}
