import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawScenario, PICTURES, PICTURES_DIRECTORY } from '../../tools/docs/pictures';

test.each(Object.entries(PICTURES))(
  '%s is what npm start draws of %s (else: npx tsx tools/docs/pictures.ts)',
  async (file, scenario) => {
    expect(await drawScenario(scenario)).toBe(readFileSync(join(PICTURES_DIRECTORY, file), 'utf8'));
  },
);

test('no picture is left over', () => {
  expect(readdirSync(PICTURES_DIRECTORY).sort()).toEqual(Object.keys(PICTURES).sort());
});
