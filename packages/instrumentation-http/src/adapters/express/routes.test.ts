import { expect, it } from 'vitest';
import { RouteMap, type Application } from './routes.ts';

const router = (): { handle(): void } => ({ handle() {} });

it('a router in several places is known by the URL of the request', () => {
  const map = new RouteMap();
  const [root, users, route] = [router(), router(), {}];
  map.used(root, ['/v1/:tenant/users', users]);
  map.used(root, [['/v2/users'], [users]]);
  map.added(route, users, '/:id');
  expect(map.patternOf(route, {}, '/v2/users')).toBe('/v2/users/:id');
  expect(map.patternOf(route, {}, '/v1/acme/users')).toBe('/v1/:tenant/users/:id');
  expect(map.patternOf(route, {}, '/elsewhere')).toBe('/v1/:tenant/users/:id');
});

it('what is mounted later counts', () => {
  const map = new RouteMap();
  const [root, users, route] = [router(), router(), {}];
  map.added(route, users, '/:id');
  map.used(root, ['/a', users]);
  expect(map.patternOf(route, {}, '/a')).toBe('/a/:id');
  map.used(root, ['/b', users]);
  expect(map.patternOf(route, {}, '/b')).toBe('/b/:id');
});

it('applications are mounted where they say, or by a router', () => {
  const map = new RouteMap();
  const [parentRoot, api, ownRoot, route] = [router(), router(), router(), {}];
  const app: Application = {};
  map.added(route, ownRoot, '/x');
  expect(map.patternOf(route, { mountpath: '/sub', parent: { mountpath: '/all', parent: {} } }, '/all/sub')).toBe(
    '/all/sub/x',
  );
  const byRouter = Object.assign(app, { handle() {} });
  map.used(parentRoot, ['/api', api]);
  map.used(api, ['/app', byRouter]);
  expect(map.patternOf(route, byRouter, '/api/app')).toBe('/api/app/x');
});

it('a router that a function calls hangs where the function does', () => {
  const map = new RouteMap();
  const [root, admin, users, lone] = [router(), router(), router(), router()];
  const app: Application = { _router: root };
  const [ofAdmin, ofUsers, ofLone] = [{}, {}, {}];
  map.used(root, ['/tenants/:tenant', () => {}]);
  map.used(root, ['/api', admin]);
  map.used(admin, ['/deep', () => {}]);
  map.used(users, ['/inner', lone]);
  map.added(ofUsers, users, '/:id');
  map.added(ofLone, lone, '/x');
  map.added(ofAdmin, admin, '/y');
  expect(map.patternOf(ofUsers, app, '/tenants/7', '/1')).toBe('/tenants/:tenant/:id');
  expect(map.patternOf(ofLone, app, '/tenants/7/inner', '/x')).toBe('/tenants/:tenant/inner/x');
  expect(map.patternOf(ofUsers, app, '/api/deep', '/1')).toBe('/api/deep/:id');
  expect(map.patternOf(ofAdmin, app, '/api', '/y')).toBe('/api/y');
  expect(map.patternOf(ofUsers, app, '/elsewhere/7', '/1')).toBeUndefined();
});

it('of a list of paths the one that the request came by', () => {
  const map = new RouteMap();
  const [root, both, route] = [router(), router(), {}];
  map.used(root, [['/a', '/b'], both]);
  map.added(route, both, ['/one', /^\/t(wo)?$/g, '/rest/*any']);
  expect(map.patternOf(route, {}, '/b', '/one')).toBe('/b/one');
  expect(map.patternOf(route, {}, '/a', '/two')).toBe('/a/^\\/t(wo)?$/g');
  expect(map.patternOf(route, {}, '/a', '/rest/of/it')).toBe('/a/rest/*any');
});

it('circles, loops and other values end', () => {
  const map = new RouteMap();
  const [one, two, route] = [router(), router(), {}];
  map.used(one, ['/a', two]);
  map.used(two, ['/b', one]);
  map.added(route, two, '/x');
  expect(map.patternOf(route, {}, '/a')).toBeUndefined();
  expect(map.patternOf({}, {}, '')).toBeUndefined();
  for (let i = 0; i < 1_000; i++) map.used(one, [`/${i}`, two]);
  map.used(one, []);
  map.used(one, [undefined, null, 'x']);
  expect(map.patternOf(route, { parent: {}, mountpath: [] }, '/7')).toBeUndefined();
});
