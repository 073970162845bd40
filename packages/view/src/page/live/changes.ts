import { useEffect, useState } from 'preact/hooks';
import type { StoreChange } from '../contract.ts';

export interface Live {
  change: StoreChange | null;
  isConnected: boolean;
}

let current: Live = { change: null, isConnected: false };
const listeners = new Set<(live: Live) => void>();

function set(live: Live): void {
  current = live;
  for (const listener of listeners) listener(live);
}

/** The page's one stream, which browsers reconnect. */
export function listenForChanges(): void {
  const events = new EventSource('/api/events');
  events.addEventListener('open', () => set({ ...current, isConnected: true }));
  events.addEventListener('error', () => set({ ...current, isConnected: false }));
  events.addEventListener('message', ({ data }) => {
    try {
      set({ change: JSON.parse(String(data)) as StoreChange, isConnected: true });
    } catch {
      // Incomplete; the next is not.
    }
  });
}

export function useChanges(): Live {
  const [live, setLive] = useState(current);
  useEffect(() => {
    listeners.add(setLive);
    setLive(current);
    return () => void listeners.delete(setLive);
  }, []);
  return live;
}
