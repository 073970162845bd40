import { Text } from '../frame/text.tsx';
import { withQuery } from '../query.ts';
import { count } from '../words/count.ts';
import { duration } from '../words/duration.ts';
import { ago, dateTime } from '../words/time.ts';
import type { TraceModel } from './model.ts';

const LONGEST = 160;
const MOST_SERVICES = 24;

export function TraceHead({ model }: { model: TraceModel }) {
  const { traceId, size, errors } = model;
  return (
    <header class="trace-head">
      <h1>
        <Text of={model.row(0).name || '(no name)'} most={LONGEST} />
      </h1>
      <p>
        <strong>{duration(model.to - model.from)}</strong>, {count(size, 'span')}
        {errors > 0 && (
          <>
            , <span class="error-sign">✕ {count(errors, 'error')}</span>
          </>
        )}
        , <time title={ago(model.from)}>{dateTime(model.from)}</time>
        <br />
        <span class="id whole">trace {traceId}</span>{' '}
        <a class="button" download href={withQuery('/api/export', { traceId })}>
          Save this trace
        </a>
      </p>
      {model.isCut && (
        <p class="failure">This trace is larger than what is shown: only its first {count(size, 'span')} are here.</p>
      )}
      <ul class="legend" aria-label="Services and signs">
        {model.services.slice(0, MOST_SERVICES).map((service, i) => (
          <li key={service}>
            <span class={`service-sign series-${i % 8}`} aria-hidden="true" />
            <Text of={service} most={40} />
          </li>
        ))}
        {model.services.length > MOST_SERVICES && <li>and {model.services.length - MOST_SERVICES} more</li>}
        <li>
          <span class="wait-sign" aria-hidden="true" /> waiting
        </li>
        <li>
          <span class="critical-sign" aria-hidden="true" /> critical path
        </li>
        <li>◆ event</li>
      </ul>
    </header>
  );
}
