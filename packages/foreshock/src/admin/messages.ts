import type { MessagePort } from 'node:worker_threads';
import type { PoolUse, Settings } from '@foreshock/kit';
import type { TextFormat } from '../metrics/prometheus-text.ts';

/** To the main thread. */
export type Question =
  | { readonly type: 'turn' }
  | { readonly type: 'state' }
  | { readonly type: 'settings' }
  | { readonly type: 'dependency'; readonly key: string; readonly ms: number }
  | { readonly type: 'pool'; readonly name: string; readonly ms: number }
  | { readonly type: 'metrics'; readonly scraper: number; readonly format: TextFormat };

/** What boundaries know of its dependencies. */
export interface ServiceState {
  readonly dependencies: readonly DependencyState[];
  readonly pools: readonly PoolState[];
}

export interface PoolState extends Omit<PoolUse, 'ask'> {
  /** Whether the main thread can ask by it, and is told to. */
  readonly byPool: boolean;
}

export interface DependencyState {
  readonly key: string;
  readonly system: string;
  readonly address: string;
  readonly port: number | undefined;
  /** ms since its last use, or since it was connected to where only that is seen: who needs it connects again */
  readonly unusedMs: number;
  readonly openBreaker: string | undefined;
  /** Whether the main thread has to ask. */
  readonly byLibrary: boolean;
}

export interface Answers {
  turn: true;
  state: ServiceState;
  /** As the libraries have them. */
  settings: readonly Settings[];
  /** Why it does not serve, if so. */
  dependency: { readonly why: string | undefined };
  /** As `dependency`. */
  pool: { readonly why: string | undefined };
  metrics: string;
}

export type ToMainThread =
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** Nobody waits for the answer any more. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'listening' }
  | { readonly type: 'failed'; readonly cause: string };

/** Undefined: the main thread could not. */
export interface ToAdminThread {
  readonly id: number;
  readonly answer: unknown;
}

export interface AdminThreadData {
  readonly foreshockAdmin: {
    readonly port: MessagePort;
    readonly listen: { readonly port: number; readonly host: string };
    readonly service: string;
    readonly healthUrls: readonly string[];
    /** Distinguished scrapers. */
    readonly scrapers: number;
  };
}
