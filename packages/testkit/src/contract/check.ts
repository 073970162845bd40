import type { ReceivedSpan } from '../received-span.ts';
import type { Bench } from './bench.ts';

/** For the table of evidence. */
export interface Example {
  example: 'succeed' | 'fail';
  span: ReceivedSpan;
}

/** Returns problems. */
export type Check = (bench: Bench, post: (example: Example) => void) => Promise<string[]>;
