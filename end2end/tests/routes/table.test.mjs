// The table of pages is whole: what the router draws and nobody walks is found here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BEFORE_SETUP, PUBLIC, SIGNED_IN } from '../../fixtures/pages.mjs';

/** Below this address a reader of its own names the pages: app/src/pages/project/path.rs. */
const OF_PROJECTS = '/projects/:project/*rest';

const source = (file) => readFileSync(new URL(`../../../app/src/${file}`, import.meta.url), 'utf8');

/** The addresses of all pages, with a colon before what stands for something. */
function shapes() {
  const routes = [...source('routes.rs').matchAll(/path!\("([^"]+)"\)/g)].map(([, path]) => path);
  assert.ok(routes.includes(OF_PROJECTS), 'the router knows projects');
  const paths = source('pages/project/path.rs');
  const words = [...paths.matchAll(/ArtifactPart::\w+ => "([^"]+)"/g)].map(([, word]) => word);
  const [ofProject, ofRepository] = ['ProjectPart', 'RepositoryPart'].map((name) => parts(paths, name));
  assert.ok(words.length > 4 && ofProject.length > 30 && ofRepository.length > 10, 'the reader of addresses was understood');
  const below = (base, segments) => [base, ...(segments.length ? ['-', ...segments] : [])].join('/');
  return [
    ...routes.filter((route) => route !== OF_PROJECTS),
    ...ofProject.map((segments) => below('/projects/:project', segments)),
    ...ofRepository.flatMap((segments) => {
      const whole = segments.at(-1) === ':word' ? words.map((word) => [...segments.slice(0, -1), word]) : [segments];
      return whole.map((segments) => below('/projects/:project/:repository', segments));
    }),
  ];
}

/** The arms `["robots", id, "secret"] =>` with which a kind of page is read. */
function parts(paths, name) {
  const [, reader] = paths.split(`impl ${name} {`);
  const [arms] = reader.split('fn suffix');
  return [...arms.matchAll(/^\s*\[(.*)\] =>/gm)].map(([, arm]) =>
    arm.split(',').map((segment) => segment.trim()).filter(Boolean).map((segment) => (segment.startsWith('"') ? segment.slice(1, -1) : `:${segment}`)),
  );
}

/** The page that an address of the table is one of. */
function shapeOf(address, all) {
  const [path] = address.split('?');
  // The name of a repository may have several segments; `/-/` ends it.
  const [, name, rest = ''] = path.match(/^\/projects\/(?!-\/)(.+?)(\/-\/.*)?$/) ?? [];
  const plain = name?.includes('/') ? `/projects/project/repository${rest}` : path;
  const segments = plain.split('/');
  const literal = (shape) => shape.split('/').filter((part) => !part.startsWith(':')).length;
  const fits = (shape) => {
    const parts = shape.split('/');
    return parts.length === segments.length && parts.every((part, at) => part.startsWith(':') || part === segments[at]);
  };
  return all.filter(fits).sort((one, other) => literal(other) - literal(one))[0];
}

test('each page of the portal is walked', () => {
  const all = shapes();
  const table = Object.entries({ ...PUBLIC, ...SIGNED_IN, ...BEFORE_SETUP });
  const lost = table.filter(([, address]) => shapeOf(address, all) === undefined);
  assert.deepEqual(lost, [], 'these addresses name no page');
  const walked = new Set(table.map(([, address]) => shapeOf(address, all)));
  assert.deepEqual(all.filter((shape) => !walked.has(shape)), [], 'nobody walks these pages; add them to fixtures/pages.mjs');
});

test('a page that nobody walks is found', () => {
  const all = ['/a', '/a/new', '/a/:id', '/a/:id/delete', '/projects', '/projects/-/new', '/projects/:project', '/projects/:project/-/x/:id', '/projects/:project/:repository', '/projects/:project/:repository/-/x'];
  const expected = {
    '/a?q=1': '/a',
    '/a/new': '/a/new',
    '/a/:user': '/a/:id',
    '/a/7/delete': '/a/:id/delete',
    '/a/7/edit': undefined,
    '/projects/-/new': '/projects/-/new',
    '/projects/team/-/x/7': '/projects/:project/-/x/:id',
    '/projects/team/a/b/c': '/projects/:project/:repository',
    '/projects/team/a/b/-/x?y=/-/z': '/projects/:project/:repository/-/x',
  };
  for (const [address, shape] of Object.entries(expected)) assert.equal(shapeOf(address, all), shape, address);
});
