// npm run bench [-- [--quick] [--scenario bare|full|calm|queue [--before FILE]] [--record]
//                  | --profile bare|full|calm|queue [--contender NAME]]
import { main } from './bench.ts';

await main(process.argv.slice(2));
