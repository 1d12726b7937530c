import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampled } from './sampled';

const table = (length: number) => Array.from({ length }, (_none, index) => index);

afterEach(() => {
  globalThis.playsWholeTables = undefined;
});

test.each([0, 1, 2, 3, 100])('of %d rows', (length) => {
  expect(sampled(table(length), 1)).toEqual(table(length));
  const some = sampled(table(length), 4);
  expect(some[0]).toBe(table(length)[0]);
  expect(some.length).toBeGreaterThanOrEqual(Math.floor(length / 4));
  expect(some.length).toBeLessThanOrEqual(Math.ceil(length / 4) + 2);
  expect(sampled(table(length), 4)).toEqual(some);
  // No gap is wide, and no order of twos, threes or fours is met at one place only.
  for (const [index, row] of some.entries()) expect(row - (some[index - 1] ?? 0)).toBeLessThanOrEqual(8);
  for (const step of [2, 3, 4]) {
    if (length === 100) expect(new Set(some.map((row) => row % step)).size).toBe(step);
  }
  globalThis.playsWholeTables = true;
  expect(sampled(table(length), 4)).toEqual(table(length));
});

test('the proof plays each file that plays a part of a table', () => {
  const root = join(__dirname, '..');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  );
  const users = files.filter((file) => /\bsampled\(/.test(readFileSync(join(root, file), 'utf8')));
  expect(users.length).toBeGreaterThan(3);
  const config = readFileSync(join(root, '..', 'jest.config.mjs'), 'utf8');
  expect(config).toContain("PROOF_OR_SAMPLED = '\\\\.(proof|sampled)\\\\.test\\\\.ts$'");
  expect(config).toContain('globals: { playsWholeTables: true }');
  expect(users.filter((file) => !file.endsWith('.sampled.test.ts'))).toEqual(['support/sampled.test.ts']);
});
