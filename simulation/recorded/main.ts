import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { Misuse, readCommandLine, runScript } from '../../consumer/ground/command-line';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const ROOT = join(__dirname, '..', '..');
const RECORDED = join(ROOT, 'test', 'state-machine', 'recorded');
const DEFINITION = join(ROOT, 'state-machine', 'access-key-rotation.asl.json');

const nameOf = (text: string): string => {
  if (/^\w[\w.-]*$/.test(text)) return text;
  throw new Misuse('Allowed: letters, digits and _ . - in a name that begins with none of the last two.');
};

interface Asked {
  readonly kind: 'record';
  readonly name: string;
  readonly compare: boolean;
}

/** Reads the command line. */
export const parseCommand = (args: readonly string[]) =>
  readCommandLine<Asked>('npm run record --', args, (program, hand) => {
    program
      .description(
        'Records executions of the release as it is, which later releases have to bring to their end.',
      )
      .argument('<name>', 'the release or the commit, such as 1.2.0', nameOf)
      .option('--compare', "write nothing, and say whether today's code would record the same", false)
      .addHelpText('after', '\nExit status: 0 when it does, 1 when not, 2 when the command line is wrong.')
      .action((name: string, { compare }: { readonly compare: boolean }) =>
        hand({ kind: 'record', name, compare }),
      );
  });

/** What is recorded takes a while to load, longer than help should take. */
const load = async () => ({ ...(await import('./record')), ...(await import('./recording')) });

/** The files of a recording, by name. */
type Files = ReadonlyMap<string, string>;

const recordNow = async (): Promise<Files> => {
  const { record, DEFINITION_FILE } = await load();
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
  const { readRecording, stateOf } = await load();
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

const main = ({ name, compare: isComparing }: Asked): Promise<number> => {
  const directory = join(RECORDED, name);
  return isComparing ? compare(directory) : write(directory);
};

if (require.main === module) void runScript(parseCommand(process.argv.slice(2)), main);
