// npm run bench [-- --quick | --profile bare|full [--contender NAME]] [--record]
import { main } from './bench.ts';

await main(process.argv.slice(2));
