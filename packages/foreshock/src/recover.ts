import { defaultSpoolDirectory } from '@foreshock/export';
import { recoverSpools } from '@foreshock/export/recover';
import { VERSION } from '@foreshock/kit';
import { readDestinations, readSpoolDirectory } from './destinations.ts';
import { Env } from './env.ts';

const USAGE = `usage: foreshock recover [DIR]

Sends what processes that were killed have left in the spool directory DIR (default: FORESHOCK_SPOOL_DIR, else that of
this user) to where OTEL_EXPORTER_OTLP_ENDPOINT and its like lead, and deletes it. Writes a report of each of them as a
line of JSON. Ends with 1 when the directory cannot be read or the backend does not answer; what was not sent stays.
`;

/** `foreshock recover [DIR]`, for services that do not start again. */
export async function recover(
  args: readonly string[],
  out: (text: string) => void,
  err: (text: string) => void,
): Promise<number> {
  if (args.length > 1 || args[0]?.startsWith('-')) {
    const isAsked = args[0] === '--help' || args[0] === '-h';
    (isAsked ? out : err)(USAGE);
    return isAsked ? 0 : 2;
  }
  const env = new Env(process.env);
  const destinations = readDestinations(env);
  const maxExportBatchSize = env.integer(['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], 512, 1);
  for (const line of env.warnings) err(`foreshock: ${line}\n`);
  const directory = args[0] ?? readSpoolDirectory(env, defaultSpoolDirectory);
  if (directory === undefined || destinations.length === 0) {
    err(
      `foreshock: ${directory === undefined ? 'no directory is given' : 'OTEL_TRACES_EXPORTER says that nothing is sent'}\n`,
    );
    return 2;
  }
  try {
    const { processes, spans, deaths } = await recoverSpools(directory, {
      destinations,
      userAgent: `foreshock/${VERSION}`,
      maxExportBatchSize,
      report: (line) => out(`${line}\n`),
      warn: (line) => err(`foreshock: ${line}\n`),
      print: out,
    });
    err(`foreshock: ${spans} spans of ${processes} processes sent, ${deaths} of which were cut off\n`);
    return 0;
  } catch (error) {
    err(`foreshock: ${(error as Error).message}\n`);
    return 1;
  }
}
