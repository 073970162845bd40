import { useEffect, useState } from 'preact/hooks';
import type { TracePage, TraceSummary } from '../contract.ts';
import { Ready } from '../frame/state.tsx';
import { Text } from '../frame/text.tsx';
import { WindowChoice, windowNow } from '../frame/window-choice.tsx';
import { request } from '../live/request.ts';
import { useLive } from '../live/use-live.ts';
import { withQuery, type Options } from '../query.ts';
import { address, go } from '../route.ts';
import { SearchBox } from './search-box.tsx';
import { TraceList } from './trace-list.tsx';

const PAGE = 50;
/** Beyond this the reader has to narrow the search. */
const MOST = 500;

export function TracesView({ options }: { options: URLSearchParams }) {
  const q = options.get('q') ?? '';
  const asked = (): Options => ({ q, ...windowNow(options) });
  const key = withQuery('/api/traces', {
    q,
    from: options.get('from'),
    to: options.get('to'),
    last: options.get('last'),
  });
  const page = useLive<TracePage>(key, () => withQuery('/api/traces', { ...asked(), limit: PAGE }));
  const search = (text: string): void =>
    go(address('traces', { ...Object.fromEntries(options), q: text, focus: null }));
  return (
    <>
      <h1 class="unseen">Traces</h1>
      <div class="tools">
        <SearchBox key={q} q={q} onSearch={search} takesFocus={options.has('focus')} />
        <WindowChoice path="traces" options={options} />
        <a class="button" download href={withQuery('/api/export', asked())}>
          Save these
        </a>
      </div>
      <Ready of={page}>
        {(first) => (
          <>
            {first.error && (
              <p role="alert" class="failure">
                ✕ <Text of={first.error} most={500} />
              </p>
            )}
            <Found first={first} asked={asked()} isAll={q === ''} />
          </>
        )}
      </Ready>
    </>
  );
}

function Found({ first, asked, isAll }: { first: TracePage; asked: Options; isAll: boolean }) {
  const [older, setOlder] = useState<TraceSummary[]>([]);
  const [next, setNext] = useState(first.next);
  const [isLoading, setLoading] = useState(false);
  useEffect(() => {
    setOlder([]);
    setNext(first.next);
  }, [first]);
  const traces = [...first.traces, ...older];
  const loadOlder = async (): Promise<void> => {
    setLoading(true);
    try {
      const page = await request<TracePage>(withQuery('/api/traces', { ...asked, limit: PAGE, before: next }));
      setOlder((before) => [...before, ...page.traces]);
      setNext(page.next);
    } finally {
      setLoading(false);
    }
  };
  if (traces.length === 0) {
    return <p class="quiet">{isAll ? 'No traces in this time.' : 'No trace has all of this.'}</p>;
  }
  return (
    <>
      <TraceList traces={traces} />
      {next !== null && traces.length < MOST && (
        <button type="button" disabled={isLoading} onClick={() => void loadOlder()}>
          Show older traces
        </button>
      )}
      {next !== null && traces.length >= MOST && (
        <p class="quiet">There are more than {MOST}: search for something narrower, or choose a shorter time.</p>
      )}
    </>
  );
}
