import { useEffect, useState } from 'preact/hooks';
import { withQuery, type Options } from './query.ts';

/** The address's fragment: `#/`, `#/traces?q=error`, `#/trace/<traceId>?span=<spanId>`, `#/graph?last=15m`. */
export interface Route {
  view: 'incident' | 'traces' | 'trace' | 'graph';
  traceId: string;
  options: URLSearchParams;
}

export function parseRoute(fragment: string): Route {
  const [path = '', query = ''] = fragment.replace(/^#\/?/, '').split('?', 2);
  const options = new URLSearchParams(query);
  const [view, id = ''] = path.split('/');
  if (view === 'trace' && /^[0-9a-f]{1,32}$/i.test(id)) return { view, traceId: id.toLowerCase(), options };
  return { view: view === 'traces' || view === 'graph' ? view : 'incident', traceId: '', options };
}

export function address(path: string, options: Options = {}): string {
  return withQuery(`#/${path}`, options);
}

export function traceAddress(traceId: string, spanId?: string | null): string {
  return address(`trace/${traceId}`, { span: spanId });
}

export function go(to: string): void {
  location.hash = to;
}

/** Without history entry, for frequent changes as the selected span. */
export function replace(to: string): void {
  history.replaceState(null, '', to);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}
