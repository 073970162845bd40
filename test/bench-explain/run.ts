// Scores `foreshock explain` against what is known to be true: `npm run bench:explain -- [--train-ticket FOLDER]
// [--runs FOLDER | --full | --fault NAME | --no-own]`. Its own faults are played first, but for those of the last time.
import { parseArgs } from 'node:util';
import { scoreOwn } from './own.ts';
import { scoreTrainTicket, type Scored } from './train-ticket.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    'train-ticket': { type: 'string', default: '../shared/data/nezha-trainticket' },
    own: { type: 'boolean', default: true },
    runs: { type: 'string' },
    full: { type: 'boolean', default: false },
    fault: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const scored = scoreTrainTicket(values['train-ticket']);
if (scored) {
  if (values.verbose) for (const each of scored) console.log(lineOf(each));
  table('all', scored);
  table(
    'latency',
    scored.filter(({ latency }) => latency),
  );
  table(
    'the others',
    scored.filter(({ latency }) => !latency),
  );
}

if (values.own) await scoreOwn(values);

function lineOf({ id, type, service, rank, answer }: Scored): string {
  const causes = answer.causes.slice(0, 3).map(({ service, kind, explains }) => `${service} ${kind} ${explains}`);
  return `${id} ${type.padEnd(15)} ${service.padEnd(28)} rank ${rank} ${answer.verdict.padEnd(8)} ${causes.join('; ')}  ${answer.doubts.join('; ')}`;
}

function table(name: string, some: Scored[]): void {
  const at = (k: number): number => some.filter(({ rank }) => rank <= k).length / some.length;
  const answered = some.filter(({ answer }) => answer.verdict === 'shown' || answer.verdict === 'likely');
  const right = answered.filter(({ rank }) => rank === 1).length;
  const average = [1, 2, 3, 4, 5].reduce((sum, k) => sum + at(k), 0) / 5;
  console.log(
    `${name.padEnd(12)} n ${some.length}  AC@1 ${at(1).toFixed(2)}  AC@3 ${at(3).toFixed(2)}  Avg@5 ${average.toFixed(2)}  ` +
      `coverage ${(answered.length / some.length).toFixed(2)}  precision ${answered.length === 0 ? '-' : (right / answered.length).toFixed(2)} (${right}/${answered.length})`,
  );
}
