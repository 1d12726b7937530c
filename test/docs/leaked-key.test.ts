import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../lib/config';
import { SCENARIOS } from '../../local/story/scenarios';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'leaked-key.md'), 'utf8');

test('the user of the drill can be enrolled as it is written there', () => {
  const [, user = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  expect(
    parseConfig({ users: [JSON.parse(user)] }, { executionTimeoutSeconds: 7_776_000 }).users,
  ).toMatchObject([{ userName: 'rotation-drill' }]);
});

test('the stories of the drill can be played', () => {
  const named = [...page.matchAll(/--scenario (\S+)/g)].map(([, name]) => name);
  expect(named).toHaveLength(4);
  expect(Object.keys(SCENARIOS)).toEqual(expect.arrayContaining(named));
});
