import { join } from 'node:path';
import { readTree, readVersions } from './project';
import { problemsOf } from './readiness';

/*
 * Says why a working tree may not be released:
 *
 *     npx tsx tools/release/ready.ts COMMIT
 */

const ROOT = join(__dirname, '..', '..');

const problems = problemsOf(readVersions(ROOT), readTree(ROOT, String(process.argv[2])));
for (const problem of problems) console.log(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
