import { main } from '../../local/story/cli';

test('a healthy story fits on two screens of sixty lines, and says first and last what it comes to', async () => {
  let stdout = '';
  const out = (text: string) => {
    stdout += text;
  };
  await main([], { out, err: out, isTerminal: false });
  // npm says in four lines what it runs, and a first run in two what takes a while: for these there has to be room.
  const lines = stdout
    .trimEnd()
    .split('\n')
    .filter((line) => !line.endsWith(' ...'));
  expect(lines.length).toBeLessThanOrEqual(120 - 4 - 2);
  expect(lines.slice(0, 2)).toEqual([
    'The story: a rotation that no consumer notices.',
    'Expected end: one new key, the old one deleted, and no call has failed.',
  ]);
  expect(lines.slice(2, 6).join('\n')).toMatch(/^ {2}Keys before: AKIA[A-Z2-7]{16} Active$/m);
  expect(lines.slice(-3)).toEqual([
    'The rotation succeeded after 17 days, 1 hour, and 21 seconds.',
    expect.stringMatching(/^ {2}Keys before: AKIA[A-Z2-7]{16} Active$/),
    expect.stringMatching(/^ {2}Keys after: {2}AKIA[A-Z2-7]{16} Active$/),
  ]);
  expect(stdout).toMatch(/… and 1\d more such checks/);
});
