import { versionIn } from '../installed.ts';
import type { Column } from '../table/rows.ts';
import { shows } from '../table/shows.ts';
import type { ContractCheck } from './job.ts';

const CELLS: Partial<Record<ContractCheck, readonly Column[]>> = {
  'one span a call': ['spans'],
  'error status': ['spans'],
  saturation: ['parent'],
  'hit and miss': ['attempt or hit'],
  'wait, state and holder': ['wait', 'state'],
  'send and process in one trace': ['parent'],
  'wait from its due time': ['wait'],
  'attempt and outcome': ['attempt or hit'],
  attempts: ['attempt or hit'],
  'attempts of its policy': ['attempt or hit'],
  'wait for a connection': ['wait'],
  'state inside': ['state'],
  'decisions at once': ['parent'],
  'one trace a run': ['spans', 'parent'],
};

export function evidenceOf(library: string, fixture: URL, check: ContractCheck, columns: readonly Column[]): void {
  const cells = (CELLS[check] ?? []).filter((cell) => columns.includes(cell));
  const loaded = fixture.pathname.endsWith('.mjs') ? 'ESM' : 'CJS';
  shows(library, [...cells, loaded], versionIn(fixture, library));
}
