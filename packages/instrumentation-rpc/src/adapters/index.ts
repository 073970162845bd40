// Made by `npm run generate` from the folders beside it.
import { grpcJs } from './grpc-js/index.ts';

/** Every library this boundary knows. */
export const adapters = [grpcJs];
