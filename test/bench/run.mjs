// npm run bench [-- [--quick] [--scenario bare|full|calm] [--record] | --profile bare|full|calm [--contender NAME]]
import { main } from './bench.ts';

await main(process.argv.slice(2));
