import { existsSync, readFileSync } from 'node:fs';
import type { Column } from '../table/rows.ts';
import { shows } from '../table/shows.ts';
import type { ContractCheck } from './job.ts';

const CELLS: Partial<Record<ContractCheck, Column>> = {
  'one span a call': 'spans',
  'error status': 'spans',
  saturation: 'parent',
};

/** What a check of the contract shows, if it passes, of the library as this fixture loads it. */
export function evidenceOf(library: string, fixture: URL, check: ContractCheck): void {
  const cell = CELLS[check];
  const loaded = fixture.pathname.endsWith('.mjs') ? 'ESM' : 'CJS';
  shows(library, cell ? [cell, loaded] : [loaded], versionIn(fixture, library));
}

/** The version of a library that a file gets: in the nearest `node_modules`, else it is a part of Node. */
export function versionIn(file: URL, library: string): string {
  for (let folder = new URL('./', file); folder.pathname !== '/'; folder = new URL('../', folder)) {
    const manifest = new URL(`node_modules/${library}/package.json`, folder);
    if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8')).version;
  }
  return process.versions.node;
}
