// Made by `npm run generate` from the folders beside it.
import { bunyan } from './bunyan/index.ts';
import { consoleJson } from './console-json/index.ts';
import { nestjsCommon } from './nestjs-common/index.ts';
import { pino } from './pino/index.ts';
import { winston } from './winston/index.ts';

/** Every library this boundary knows. */
export const adapters = [bunyan, consoleJson, nestjsCommon, pino, winston];
