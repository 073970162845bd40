// `npm run crash [-- TRIES]`: what SIGKILL at a random moment loses.
import { killAtRandom } from './random-kills.ts';

const kills = await killAtRandom(Number(process.argv[2] ?? 500));
const { tries, spans, arrived, lostAges, twice, reports } = kills;
const lost = (ms: number): number => lostAges.filter((age) => age > ms).length;
console.log(
  `${tries} processes, ${spans} spans, ${arrived} arrived, ${twice} twice, ${reports} reports; ` +
    `lost that had ended more than 100 ms before: ${lost(100)}, more than 20 ms: ${lost(20)}; oldest ${lostAges.at(-1) ?? 0} ms`,
);
process.exitCode = lost(100) + twice > 0 ? 1 : 0;
