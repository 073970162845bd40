import type { Onset } from '../changes/onset.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { Place } from '../waits-for/place.ts';
import type { CauseKind } from './cause-kinds.ts';

export interface Named {
  kind: CauseKind;
  place: Place;
  /** Empty where the kind is enough. */
  detail: string;
  /** If an attribute says so. */
  onset?: Onset;
  /** Only the time agrees, as with a new version: others may too. */
  isByTime?: true;
}

/** Each needs its own attributes. */
export type Reading = (known: Known, evidence: Evidence, kind: CauseKind) => Named | undefined;
