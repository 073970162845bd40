/* The errors of ORMs carry the server's message, or repeat it: no span shows the values in it. */
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { errorMessageOf, exceptionTextOf } from '@foreshock/kit';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { recordSpans, startMariaDb, startPostgres, type MariaDb, type Postgres } from '@foreshock/testkit';
import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql';
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2';
import { mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import knexOf from 'knex';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { DataTypes, Sequelize } from 'sequelize';
import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';

const MAIL = 'alice@example.com';

const recorded = recordSpans([dbInstrumentation(), poolInstrumentation()]);
let postgres: Postgres;
let mariadb: MariaDb;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('CREATE TABLE users (email text PRIMARY KEY)');
  await client.end();
  const connection = await mysql.createConnection(mariadb.url);
  await connection.query('CREATE TABLE users (email varchar(99) PRIMARY KEY)');
  await connection.end();
});
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

interface Users {
  add(email: string): Promise<unknown>;
  /** A statement whose text has the value in it. */
  find?(email: string): Promise<unknown>;
  close(): Promise<unknown>;
}

function knex(client: 'pg' | 'mysql2', url: string): Users {
  const db = knexOf({ client, connection: url });
  return {
    add: (email) => db('users').insert({ email }),
    find: (email) => db.raw(`SELECT * FROM users WHERE email = '${email}' AND nothing = 1`),
    close: () => db.destroy(),
  };
}

function sequelize(dialect: 'postgres' | 'mysql', url: string): Users {
  const db = new Sequelize(url, { dialect, logging: false });
  const User = db.define(
    'user',
    { email: { type: DataTypes.STRING, primaryKey: true } },
    { timestamps: false, tableName: 'users' },
  );
  return {
    add: (email) => User.create({ email }),
    find: (email) => db.query('SELECT * FROM users WHERE email = :email AND nothing = 1', { replacements: { email } }),
    close: () => db.close(),
  };
}

async function typeorm(type: 'postgres' | 'mysql', url: string): Promise<Users> {
  const User = new EntitySchema<{ email: string }>({
    name: 'user',
    tableName: 'users',
    columns: { email: { type: 'varchar', primary: true } },
  });
  const driver = type === 'postgres' ? {} : { connectorPackage: 'mysql2' as const };
  const source = await new DataSource({ type, url, entities: [User], ...driver } as never).initialize();
  return { add: (email) => source.getRepository(User).insert({ email }), close: () => source.destroy() };
}

async function mikroOrm(clientUrl: string): Promise<Users> {
  const User = defineEntity({ name: 'User', tableName: 'users', properties: { email: p.string().primary() } });
  const orm = await MikroORM.init({ clientUrl, entities: [User] });
  return { add: (email) => orm.em.fork().insert(User, { email }), close: () => orm.close() };
}

async function drizzleOverPg(url: string): Promise<Users> {
  const pool = new pg.Pool({ connectionString: url });
  const users = pgTable('users', { email: text() });
  return { add: (email) => drizzlePg({ client: pool }).insert(users).values({ email }), close: () => pool.end() };
}

async function drizzleOverMysql(url: string): Promise<Users> {
  const pool = mysql.createPool(url);
  const users = mysqlTable('users', { email: varchar({ length: 99 }) });
  return { add: (email) => drizzleMysql({ client: pool }).insert(users).values({ email }), close: () => pool.end() };
}

it.each<[string, () => Users | Promise<Users>]>([
  ['knex over pg', () => knex('pg', postgres.url)],
  ['knex over mysql2', () => knex('mysql2', mariadb.url)],
  ['Sequelize over pg', () => sequelize('postgres', postgres.url)],
  ['Sequelize over mysql2', () => sequelize('mysql', mariadb.url)],
  ['TypeORM over pg', () => typeorm('postgres', postgres.url)],
  ['TypeORM over mysql2', () => typeorm('mysql', mariadb.url)],
  ['MikroORM over pg', () => mikroOrm(postgres.url)],
  ['Drizzle over pg', () => drizzleOverPg(postgres.url)],
  ['Drizzle over mysql2', () => drizzleOverMysql(mariadb.url)],
])('%s', async (name, open) => {
  const users = await open();
  const mail = `${name.replaceAll(' ', '.')}.${MAIL}`;
  await users.add(mail);
  recorded.clear();
  const errors: Error[] = [];
  const note = (error: Error): void => void errors.push(error);
  await users.add(mail).catch(note);
  await users.find?.(mail).catch(note);
  await users.close();
  expect(errors).toHaveLength(users.find ? 2 : 1);
  const insert = recorded.spans().find(({ status }) => status.code === 'ERROR');
  expect(insert!.attributes['db.query.summary']).toMatch(/^INSERT ["`]users["`]$/i);
  expect(JSON.stringify(recorded.spans())).not.toContain(MAIL);
  for (const error of errors) {
    const rethrown = new Error(`could not add a user, ${error.message}`);
    for (const each of [error, rethrown, new Error('no user', { cause: error })]) {
      expect(errorMessageOf(each)).not.toContain(MAIL);
      expect(JSON.stringify(exceptionTextOf(each, each.message, each.stack))).not.toContain(MAIL);
    }
  }
});
