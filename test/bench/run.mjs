// npm run bench [-- [--quick] [--scenario NAME [--before FILE] [--spool]] [--record]
//                  | --profile NAME [--contender NAME]]
import { main } from './bench.ts';

await main(process.argv.slice(2));
