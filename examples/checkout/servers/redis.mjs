// Redis, by the program that the first argument names.
import { keep } from './keeper.mjs';

const [, , program] = process.argv;
// Nothing on disk.
const SETTINGS = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];

await keep('redis', async (room) => {
  const options = { ready: 'Ready to accept connections' };
  const port = await room.listen((free) => room.run(program, [...SETTINGS, '--port', free], options));
  return `redis://127.0.0.1:${port}`;
});
