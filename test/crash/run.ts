// `npm run crash [-- TRIES]`: what SIGKILL at a random moment loses.
import { loadavg } from 'node:os';
import { killAtRandom } from './random-kills.ts';

/** Spans end every 5 ms at most. */
const BUSY_MS = 50;

const loadBefore = loadavg()[0]!;
const { tries, spans, arrived, lost, twice, reports } = await killAtRandom(Number(process.argv[2] ?? 500));
const older = (ms: number): number => lost.filter(({ ageMs }) => ageMs > ms).length;
const ofBusyMachine = lost.filter(({ ageMs, pauseMs }) => ageMs > 100 && pauseMs > BUSY_MS).length;
console.log(
  `${tries} processes, ${spans} spans, ${arrived} arrived, ${twice} twice, ${reports} reports; ` +
    `lost that had ended more than 100 ms before: ${older(100)}, of which ${ofBusyMachine} while the main thread stood ` +
    `still for more than ${BUSY_MS} ms; more than 20 ms: ${older(20)}; oldest ${lost.at(-1)?.ageMs ?? 0} ms; ` +
    `load ${loadBefore.toFixed(1)} to ${loadavg()[0]!.toFixed(1)}`,
);
process.exitCode = older(100) + twice > 0 ? 1 : 0;
