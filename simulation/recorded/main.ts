import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { record } from './record';
import { DEFINITION_FILE, readRecording, stateOf } from './recording';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const ROOT = join(__dirname, '..', '..');
const RECORDED = join(ROOT, 'test', 'state-machine', 'recorded');
const DEFINITION = join(ROOT, 'state-machine', 'access-key-rotation.asl.json');

const USAGE = `Usage: npm run record -- NAME
       npm run record -- --compare NAME

NAME is the release or the commit, such as 1.2.0. --compare writes nothing, and says whether today's
code would record the same. Exit status: 0 when it would, 1 when not, 2 when the command line is wrong.`;

/** The files of a recording, by name. */
type Files = ReadonlyMap<string, string>;

const recordNow = async (): Promise<Files> => {
  const definition = readFileSync(DEFINITION, 'utf8');
  const shapes = await record(definition);
  return new Map([
    [DEFINITION_FILE, definition],
    ...[...shapes].map(([shape, text]) => [`${shape}.json`, text] as const),
  ]);
};

const write = async (directory: string): Promise<number> => {
  if (existsSync(directory)) {
    console.error(`${relative(ROOT, directory)} exists already. The record of a release does not change.`);
    return 1;
  }
  const files = await recordNow();
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(directory, name), text);
  const { definition, moments } = readRecording(directory);
  const { States } = JSON.parse(definition) as { readonly States: object };
  const recorded = new Set(moments.map(stateOf));
  const missing = Object.keys(States).filter((state) => !recorded.has(state));
  console.log(
    `${moments.length} moments of ${files.size - 1} shapes are recorded in ${relative(ROOT, directory)}.`,
  );
  console.log(`States in which no shape leaves an execution: ${missing.join(', ') || 'none'}.`);
  return 0;
};

const compare = async (directory: string): Promise<number> => {
  if (!existsSync(directory)) {
    console.error(`${relative(ROOT, directory)} does not exist: npm run record -- ${basename(directory)}`);
    return 1;
  }
  const now = await recordNow();
  const names = [...new Set([...readdirSync(directory), ...now.keys()])].toSorted();
  const others = names.filter((name) => {
    const file = join(directory, name);
    return !existsSync(file) || readFileSync(file, 'utf8') !== now.get(name);
  });
  if (others.length === 0) {
    console.log(`${relative(ROOT, directory)} is what today's code records: ${names.length} files.`);
    return 0;
  }
  console.error(
    `Today's code records something else than ${relative(ROOT, directory)}: ${others.join(', ')}.`,
  );
  return 1;
};

const main = async (): Promise<number> => {
  const args = process.argv.slice(2);
  const isComparing = args[0] === '--compare';
  const [name, ...others] = isComparing ? args.slice(1) : args;
  if (name === undefined || others.length > 0 || !/^[\w.-]+$/.test(name) || /^[.-]/.test(name)) {
    console.error(USAGE);
    return 2;
  }
  const directory = join(RECORDED, name);
  return isComparing ? compare(directory) : write(directory);
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
