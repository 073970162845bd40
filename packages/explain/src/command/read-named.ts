import { localSource, readSources, type ReadSources } from '../sources/read-sources.ts';
import type { TimeRange } from '../sources/time-range.ts';
import { UnreadableSource } from '../sources/unreadable.ts';

/** Sources named on the command line, else what this machine has. */
export async function readNamed(
  command: string,
  sources: string[],
  stdin: AsyncIterable<Buffer>,
  range: TimeRange,
  notice: (line: string) => void,
): Promise<ReadSources> {
  if (sources.length > 0) return readSources(sources, stdin, range);
  const { source, without } = await localSource();
  try {
    const read = await readSources([source], stdin, range);
    if (without) notice(`foreshock ${command}: ${without}: asked the Jaeger at ${source}\n`);
    return read;
  } catch (error) {
    if (!without || !(error instanceof UnreadableSource)) throw error;
    throw new UnreadableSource(
      `${without}, and of the Jaeger at ${error.message}. Start \`foreshock view\`, or name a file`,
    );
  }
}
