import { existsSync } from 'node:fs';
import { defaultSpoolDirectory, MAX_EXPORT_BATCH_SIZE } from '@foreshock/export';
import { recoverSpools, serviceDirectory, whatIsLeft } from '@foreshock/export/recover';
import { VERSION } from '@foreshock/kit';
import { readDestinations, readLogDestinations } from './destinations.ts';
import { Env } from './env.ts';

const USAGE = `usage: foreshock recover [DIR]

Sends what processes that were killed have left in the spool directory DIR to where OTEL_EXPORTER_OTLP_ENDPOINT and its
like lead, and deletes it. Writes a report of each of them as a line of JSON once it is delivered. Without DIR:
FORESHOCK_SPOOL_DIR if it is set, else what is left of the service OTEL_SERVICE_NAME; without both it sends nothing and
lists what is left. Ends with 1 when the directory cannot be read or the backend does not answer; what was not sent stays.
`;

/** `foreshock recover [DIR]`, for services that never restart. */
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
  const destinations = [...readDestinations(env), ...readLogDestinations(env)];
  const maxExportBatchSize = env.integer(['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], MAX_EXPORT_BATCH_SIZE, 1);
  for (const line of env.warnings) err(`foreshock: ${line}\n`);
  if (destinations.length === 0) {
    err('foreshock: OTEL_TRACES_EXPORTER and OTEL_LOGS_EXPORTER say that nothing is sent\n');
    return 2;
  }
  const base = defaultSpoolDirectory();
  const service = env.text('OTEL_SERVICE_NAME');
  const directory =
    args[0] ?? env.text('FORESHOCK_SPOOL_DIR') ?? (service === undefined ? undefined : serviceDirectory(base, service));
  try {
    if (directory === undefined) return list(base, out, err);
    if (args.length === 0 && !existsSync(directory)) {
      err(`foreshock: nothing is left in ${directory}\n`);
      return 0;
    }
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

/** This user's other services are meant only if named. */
function list(base: string, out: (text: string) => void, err: (text: string) => void): number {
  const left = whatIsLeft(base);
  for (const { service, directory, processes, since } of left) {
    const of = processes === 1 ? '1 process' : `${processes} processes`;
    out(`${directory}  ${service}, ${of}, from ${new Date(since).toISOString()} on\n`);
  }
  err(
    left.length === 0
      ? `foreshock: nothing is left in ${base}\n`
      : 'foreshock: nothing was sent: name one of these directories, or the service by OTEL_SERVICE_NAME\n',
  );
  return 0;
}
