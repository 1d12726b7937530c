/**
 * Proves that a commit may be released:
 *
 *     npm run release:check
 */
import { join } from 'node:path';
import { main } from './check';
import { stepsOf } from './steps';

main(process.argv.slice(2), {
  root: join(__dirname, '..', '..'),
  stepsOf,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  date: new Date().toISOString().slice(0, 10),
}).then(
  (exitStatus) => {
    process.exitCode = exitStatus;
  },
  (defect: unknown) => {
    console.error(defect);
    process.exitCode = 1;
  },
);
