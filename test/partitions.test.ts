import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templateOf } from './lib/synthesize';
import { everythingIn, PLACES } from './support/everything';

/*
 * The stack works in the partitions aws, aws-cn and aws-us-gov: what is deployed has no ARN of another one.
 */

const ROOT = join(__dirname, '..');

/** Files of what is deployed, and of what consumers run, in which an ARN of the partition aws stands; and why it may. */
const LITERALS: Readonly<Record<string, string>> = {
  'lib/config/deployment-settings.ts': 'examples, in words about a mistake',
  'lib/config/notification-settings.ts': 'an example, in words about a mistake',
  'lib/config/secret-settings.ts': 'an example, in words about a mistake',
  'lib/config/written-settings.ts': 'an example, in what a setting means',
  'consumer/library/secret-reader.ts': 'an example, in a comment',
  'state-machine/access-key-rotation.asl.json': 'integrations, for which the stack puts its own partition in',
  'state-machine/emergency.asl.json': 'integrations, for which the stack puts its own partition in',
  'state-machine/blocks.ts': 'integrations, as the definitions have them',
  'lib/rotation-state-machine.ts': 'integrations, as the definitions have them',
};

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|json)$/.test(file))
    .map((file) => join(folder, file).replaceAll('\\', '/'));

test('code names the partition aws only where another one takes its place, or in an example', () => {
  const naming = ['lib', 'lambdas', 'state-machine', 'consumer']
    .flatMap(filesIn)
    .filter((file) => /arn:aws:/.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(naming.sort()).toEqual(Object.keys(LITERALS).sort());
});

test.each(PLACES)('with everything switched on, in $region, all ARNs are of $partition', (place) => {
  const text = JSON.stringify(templateOf(everythingIn([place])).toJSON());
  const partitions = [...text.matchAll(/arn:(aws[a-z-]*):/g)].map(([, partition]) => partition);
  expect([...new Set(partitions)]).toEqual([place.partition]);
});
