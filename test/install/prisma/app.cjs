const { createServer } = require('node:http');
const { createRequire } = require('node:module');

const [folder] = process.argv.slice(2);
const load = createRequire(`${folder}/`);
const { PrismaClient } = load('./generated');
const { PrismaPg } = load('@prisma/adapter-pg');
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 2 }) });

const operations = {
  '/many': () => prisma.user.findMany({ where: { email: 'alice' } }),
  '/include': () => prisma.user.findUnique({ where: { id: 1 }, include: { orders: true } }),
  '/duplicate': () => prisma.user.create({ data: { id: 1, email: 'alice' } }),
  '/raw': () => prisma.$queryRaw`SELECT 4711`,
  '/slow': () => prisma.$queryRaw`SELECT pg_sleep(0.3)::text`,
  '/transaction': () =>
    prisma.$transaction(async (tx) => {
      await tx.user.deleteMany({ where: { id: 99 } });
      await tx.order.deleteMany({ where: { id: 99 } });
    }),
};

const server = createServer(async (request, response) => {
  const outcome = await operations[request.url]().catch(({ code }) => ({ code }));
  response.end(JSON.stringify(outcome ?? null));
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${JSON.stringify(server.address())}`));
