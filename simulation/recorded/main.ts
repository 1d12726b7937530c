import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { record } from './record';
import { DEFINITION_FILE, readRecording, stateOf } from './recording';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const ROOT = join(__dirname, '..', '..');
const RECORDED = join(ROOT, 'test', 'state-machine', 'recorded');
const DEFINITION = join(ROOT, 'state-machine', 'access-key-rotation.asl.json');

const main = async (): Promise<number> => {
  const [name, ...others] = process.argv.slice(2);
  if (name === undefined || others.length > 0 || !/^[\w.-]+$/.test(name) || name.startsWith('.')) {
    console.error('Usage: npm run record -- NAME\n\nNAME is the release or the commit, such as 1.2.0.');
    return 2;
  }
  const directory = join(RECORDED, name);
  if (existsSync(directory)) {
    console.error(`${relative(ROOT, directory)} exists already. The record of a release does not change.`);
    return 1;
  }
  const definition = readFileSync(DEFINITION, 'utf8');
  const files = await record(definition);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, DEFINITION_FILE), definition);
  for (const [shape, text] of files) writeFileSync(join(directory, `${shape}.json`), text);
  const { moments } = readRecording(directory);
  const { States } = JSON.parse(definition) as { readonly States: object };
  const recorded = new Set(moments.map(stateOf));
  const missing = Object.keys(States).filter((state) => !recorded.has(state));
  console.log(
    `${moments.length} moments of ${files.size} shapes are recorded in ${relative(ROOT, directory)}.`,
  );
  console.log(`States in which no shape leaves an execution: ${missing.join(', ') || 'none'}.`);
  return 0;
};

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
