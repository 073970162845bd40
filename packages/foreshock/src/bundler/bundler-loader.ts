/* oxlint-disable no-this-in-exported-function -- webpack calls a loader with its context */
import { LibraryFiles } from './library-files.ts';

const files = new LibraryFiles();

/** webpack's, for the files that `webpackPlugin` names. */
export default function announce(this: { resourcePath: string; callback: any }, source: string, map: unknown): void {
  this.callback(null, files.announcedIn(this.resourcePath, source) ?? source, map);
}
