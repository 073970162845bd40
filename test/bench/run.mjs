// npm run bench [-- [--quick] [--scenario bare|full] [--record] | --profile bare|full [--contender NAME]]
import { main } from './bench.ts';

await main(process.argv.slice(2));
