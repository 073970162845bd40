import { useEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from './changes.ts';
import { isReading } from './reading.ts';
import { request } from './request.ts';

/** How often a page that holds something old looks whether it may be replaced, and by what there is by then. */
const LOOK_EVERY_MS = 1000;

export interface Loaded<T> {
  data: T | undefined;
  error: string | undefined;
  isLoading: boolean;
  /** There is something newer, which waits until nobody reads or `reload` is called. */
  isOld: boolean;
  reload(): void;
}

interface State<T> {
  path: string;
  data?: T;
  error?: string;
  isLoading: boolean;
  /** The state of the store that the data is of, or that was known when it was asked for. */
  seq: number;
}

/**
 * What the API says, again whenever the store has changed and nobody reads.
 *
 * @param path what is asked for; another path is loaded at once
 * @param pathNow the path to load where it depends on the time, as that of the last 15 minutes does
 * @param mayChange false for what has been loaded and stays as it is
 */
export function useLive<T>(
  path: string,
  pathNow: () => string = () => path,
  mayChange: (data: T) => boolean = () => true,
): Loaded<T> {
  const { change } = useChanges();
  const newest = change?.seq ?? 0;
  const newestNow = useRef(newest);
  newestNow.current = newest;
  const [round, setRound] = useState(0);
  const [state, setState] = useState<State<T>>({ path, isLoading: true, seq: 0 });

  useEffect(() => {
    const abort = new AbortController();
    const asked = newestNow.current;
    setState((before) => (before.path === path ? { ...before, isLoading: true } : { path, isLoading: true, seq: 0 }));
    request<T>(pathNow(), abort.signal).then(
      (data) => setState({ path, data, isLoading: false, seq: seqOf(data) ?? asked }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, path, error: (error as Error).message, isLoading: false, seq: asked }));
      },
    );
    return () => abort.abort();
    // A newer state of the store alone loads nothing: that is decided below.
  }, [path, round]);

  const { data, isLoading, seq } = state;
  const isOld = newest > seq && (data === undefined || mayChange(data));
  useEffect(() => {
    if (!isOld || isLoading) return;
    const timer = setInterval(() => {
      if (!isReading()) setRound((before) => before + 1);
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOld, isLoading]);

  const isCurrent = state.path === path;
  return {
    data: isCurrent ? data : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: isLoading || !isCurrent,
    isOld,
    reload: () => setRound((before) => before + 1),
  };
}

/** What is computed from the store may be older than the store. */
function seqOf(data: unknown): number | undefined {
  const { seq } = data as { seq?: unknown };
  return typeof seq === 'number' ? seq : undefined;
}
