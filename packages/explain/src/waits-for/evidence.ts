import { type Place, placeKey } from './place.ts';

/** What was found to lie behind bad requests, at one place. */
export interface Evidence {
  place: Place;
  /** Sum of the shares of bad requests that it explains. */
  requests: number;
  /** Its share of each bad request, by the row that the request begins with. */
  shareOf: Map<number, number>;
  /** Bad requests of which it explains at least half. */
  mostly: number[];
  /** Of those, how many the arcs of a trace lead to: a wait with its holder, an error passed on, time of a call. */
  tied: number;
  /** Milliseconds by signal. */
  bySignal: Map<number, number>;
  /** Failures by error type. */
  byError: Map<string, number>;
  /** Milliseconds by what kept the pool, for waits: operation. */
  byHolder: Map<string, number>;
  /** Some of the shares, for onset, path and examples. */
  examples: Share[];
  /** Times that callers waited on it through a pool. */
  waits: number;
  /** Why a wait stayed at its pool. */
  notes: Map<string, number>;
}

/** One share of one bad request. */
export interface Share {
  place: Place;
  row: number;
  /** Of the request, 0 to 1. */
  share: number;
  ms: number;
  signal?: number;
  error?: string;
  holder?: string;
  note?: string;
  isTied: boolean;
  /** The span of the bad request itself that met it; `row` may be a holder's. */
  met: number;
  /** Places between the cause and the request's own spans: pools, queues. */
  through: Place[];
}

const MOST_EXAMPLES = 400;

/** Collects shares by place. */
export class EvidenceBook {
  readonly all = new Map<number, Evidence>();

  /** Takes all shares of one bad request. */
  take(request: number, shares: Share[]): void {
    const sums = new Map<number, { share: number; tied: number }>();
    for (const each of shares) {
      const evidence = this.#at(each.place);
      evidence.requests += each.share;
      if (each.signal !== undefined) bump(evidence.bySignal, each.signal, each.ms);
      if (each.error !== undefined) bump(evidence.byError, each.error, each.share);
      if (each.holder !== undefined) bump(evidence.byHolder, each.holder, each.ms);
      if (each.note !== undefined) bump(evidence.notes, each.note, each.share);
      if (each.through.length > 0) evidence.waits += each.share;
      if (evidence.examples.length < MOST_EXAMPLES) evidence.examples.push(each);
      const sum = sums.get(placeKey(each.place)) ?? { share: 0, tied: 0 };
      sums.set(placeKey(each.place), {
        share: sum.share + each.share,
        tied: sum.tied + (each.isTied ? each.share : 0),
      });
    }
    for (const [key, { share, tied }] of sums) {
      const evidence = this.all.get(key)!;
      evidence.shareOf.set(request, share);
      if (share < 0.5) continue;
      evidence.mostly.push(request);
      if (tied >= share / 2) evidence.tied++;
    }
  }

  /** The most first. */
  ranked(): Evidence[] {
    return [...this.all.values()].sort((a, b) => b.requests - a.requests);
  }

  #at(place: Place): Evidence {
    const key = placeKey(place);
    let evidence = this.all.get(key);
    if (!evidence) {
      evidence = {
        place,
        requests: 0,
        shareOf: new Map(),
        mostly: [],
        tied: 0,
        bySignal: new Map(),
        byError: new Map(),
        byHolder: new Map(),
        examples: [],
        waits: 0,
        notes: new Map(),
      };
      this.all.set(key, evidence);
    }
    return evidence;
  }
}

export function bump<K>(sums: Map<K, number>, key: K, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by);
}
