// npm run bench [-- [--quick] [--scenario NAME [--before FILE]] [--record]
//                  | --profile NAME [--contender NAME]]
import { main } from './bench.ts';

await main(process.argv.slice(2));
