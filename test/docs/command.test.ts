import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { playExamples, withExamples } from '../../tools/docs/command';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'command.md'), 'utf8');

describe('the examples', () => {
  let played: Awaited<ReturnType<typeof playExamples>>;
  beforeAll(async () => {
    played = await playExamples();
  }, 120_000);
  afterAll(() => played.close());

  test('are what the command writes about the deployed app: npx tsx tools/docs/command.ts', () => {
    expect(withExamples(page, played.examples)).toBe(page);
  });

  test('have ended as they are meant to', () => {
    const exits = [...played.examples].map(([name, { ran }]) => [name, ran.exit] as const);
    expect(exits.filter(([, exit]) => exit !== 0)).toEqual([
      ['status', 1],
      ['rollback-too-late', 1],
      ['explain', 1],
    ]);
  });

  test('have no secret of that world', () => {
    const secrets = JSON.stringify(played.stage.aws.snapshot()).match(/made-up-secret-\d+/g) ?? [];
    expect(secrets.length).toBeGreaterThan(4);
    for (const { ran } of played.examples.values()) expect(ran.all).not.toMatch(/made-up-secret/);
    expect(page).not.toMatch(/\bAKIA(?!EXAMPLE)\w{12,}/);
  });
});

test.each([...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, command = '']) => command))(
  'a shell takes: %s',
  (command) => {
    const { status, stderr } = spawnSync('sh', ['-nc', command], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  },
);
