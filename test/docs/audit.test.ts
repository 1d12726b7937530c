import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { recordSchema, withAnswers } from '../../tools/docs/audit';
import { type Asked, toldStory } from '../../tools/docs/audit-story';

const DOCS = join(__dirname, '..', '..', 'docs');
const page = readFileSync(join(DOCS, 'audit.md'), 'utf8');
const schema = readFileSync(join(DOCS, 'audit-record.schema.json'), 'utf8');

describe('the answers', () => {
  let asked: Asked;
  beforeAll(async () => {
    asked = await toldStory();
  }, 120_000);
  afterAll(() => asked.close());

  test('are what the deployed app and the embedded AWS say: npx tsx tools/docs/audit.ts', async () => {
    expect(await withAnswers(page, asked)).toBe(page);
  });

  test('have no secret of that world', () => {
    const secrets = JSON.stringify(asked.world.aws.snapshot()).match(/made-up-secret-\d+/g) ?? [];
    expect(secrets.length).toBeGreaterThan(3);
    expect(page).not.toMatch(/made-up-secret/);
    expect(page).not.toMatch(/\bAKIA(?!EXAMPLE)\w{12,}/);
  });
});

test('the form of a record is as it is published: npx tsx tools/docs/audit.ts', () => {
  expect(recordSchema()).toBe(schema);
});

test('the record that is shown is of that form', () => {
  const [, shown = ''] = /<!-- one:begin -->.*?```json\n(.*?)```/s.exec(page) ?? [];
  const published = z.fromJSONSchema(JSON.parse(schema) as z.core.JSONSchema.JSONSchema);
  expect(published.safeParse(JSON.parse(shown)).error).toBeUndefined();
  expect(published.safeParse({ ...JSON.parse(shown), secretAccessKey: 'x' }).success).toBe(false);
});

const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, command = '']) => command);

test.each(commands)('a shell takes the command: %s', (command) => {
  const { status, stderr } = spawnSync('sh', ['-nc', command], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

test('every list of a question has an answer', () => {
  const asks = [...page.matchAll(/<!-- ([\w-]+):begin -->\n```sh\n(.*?)```\n\n```(?:text|json)\n(.*?)```/gs)];
  expect(asks.length).toBeGreaterThan(10);
  for (const [, region, , answer = ''] of asks) expect([region, answer.trim()]).not.toEqual([region, '']);
});
