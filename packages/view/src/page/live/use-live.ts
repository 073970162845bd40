import { useEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from './changes.ts';
import { isReading } from './reading.ts';
import { request } from './request.ts';

const LOOK_EVERY_MS = 1000;

export interface Loaded<T> {
  data: T | undefined;
  error: string | undefined;
  isLoading: boolean;
  /** Waits for `reload` or an idle reader. */
  isOld: boolean;
  reload(): void;
}

interface State<T> {
  path: string;
  data?: T;
  error?: string;
  isLoading: boolean;
  /** The store's state of the data, or at the request. */
  seq: number;
}

/**
 * Loads from the API, again after store changes while the reader is idle.
 * @param path a new one is loaded at once
 * @param pathNow depends on the time
 * @param mayChange false for constant data
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

/** It may be older than the store. */
function seqOf(data: unknown): number | undefined {
  const { seq } = data as { seq?: unknown };
  return typeof seq === 'number' ? seq : undefined;
}
