import { useEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from './changes.ts';
import { isReading } from './reading.ts';
import { request } from './request.ts';

/** How often a page that holds something old looks whether it may be replaced. */
const LOOK_EVERY_MS = 1000;

export interface Loaded<T> {
  data: T | undefined;
  error: string | undefined;
  isLoading: boolean;
  /** There is something newer, which waits until nobody reads or `reload` is called. */
  isOld: boolean;
  reload(): void;
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
  const seq = change?.seq ?? 0;
  const loadedSeq = useRef(0);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<{ path: string; data?: T; error?: string; isLoading: boolean }>({
    path,
    isLoading: true,
  });

  useEffect(() => {
    const abort = new AbortController();
    loadedSeq.current = seq;
    setState((before) => (before.path === path ? { ...before, isLoading: true } : { path, isLoading: true }));
    request<T>(pathNow(), abort.signal).then(
      (data) => setState({ path, data, isLoading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, path, error: (error as Error).message, isLoading: false }));
      },
    );
    return () => abort.abort();
    // A newer `seq` alone loads nothing: that is decided below.
  }, [path, round]);

  const isOld = !state.isLoading && seq > loadedSeq.current && (state.data === undefined || mayChange(state.data));
  useEffect(() => {
    if (!isOld) return;
    const reloadWhenQuiet = (): void => {
      if (!isReading()) setRound((before) => before + 1);
    };
    reloadWhenQuiet();
    const timer = setInterval(reloadWhenQuiet, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOld]);

  const isCurrent = state.path === path;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: state.isLoading || !isCurrent,
    isOld,
    reload: () => setRound((before) => before + 1),
  };
}
