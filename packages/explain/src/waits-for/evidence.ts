import { type Place, placeKey } from './place.ts';

/** For bad requests at one place. */
export interface Evidence {
  place: Place;
  requests: number;
  /** By the first row. */
  shareOf: Map<number, number>;
  /** Requests at least half explained. */
  mostly: number[];
  /** With arcs in a trace: a wait's holder, a propagated error, a call. */
  tied: number;
  /** Milliseconds. */
  bySignal: Map<number, number>;
  byError: Map<string, number>;
  /** Milliseconds of waits. */
  byHolder: Map<string, number>;
  byHolding: Map<string, number>;
  examples: Share[];
  /** On it, through a pool. */
  waits: number;
  /** Why a wait ends at its pool. */
  notes: Map<string, number>;
}

export interface Share {
  place: Place;
  row: number;
  share: number;
  ms: number;
  signal?: number;
  error?: string;
  holder?: string;
  /** What the holder did meanwhile. */
  holding?: string;
  note?: string;
  isTied: boolean;
  /** The bad request's span; `row` may be a holder's. */
  met: number;
  /** Pools and queues in between. */
  through: Place[];
}

const MOST_EXAMPLES = 400;

export class EvidenceBook {
  readonly all = new Map<number, Evidence>();

  take(request: number, shares: Share[]): void {
    const sums = new Map<number, { share: number; tied: number }>();
    for (const each of shares) {
      const evidence = this.#at(each.place);
      evidence.requests += each.share;
      if (each.signal !== undefined) bump(evidence.bySignal, each.signal, each.ms);
      if (each.error !== undefined) bump(evidence.byError, each.error, each.share);
      if (each.holder !== undefined) bump(evidence.byHolder, each.holder, each.ms);
      if (each.holding) bump(evidence.byHolding, each.holding, each.ms);
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
        byHolding: new Map(),
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
