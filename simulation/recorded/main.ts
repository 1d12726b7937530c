import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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
}

/** Reads the command line. */
export const parseCommand = (args: readonly string[]) =>
  readCommandLine<Asked>('npm run record --', args, (program, hand) => {
    program
      .description(
        'Records executions of the release as it is, which later releases have to bring to their end.',
      )
      .argument('<name>', 'the release or the commit, such as 1.2.0', nameOf)
      .action((name: string) => hand({ kind: 'record', name }));
  });

const main = async ({ name }: Asked): Promise<number> => {
  const directory = join(RECORDED, name);
  if (existsSync(directory)) {
    console.error(`${relative(ROOT, directory)} exists already. The record of a release does not change.`);
    return 1;
  }
  // They take a while to load, longer than help should take.
  const [{ record }, { DEFINITION_FILE, readRecording, stateOf }] = await Promise.all([
    import('./record'),
    import('./recording'),
  ]);
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

if (require.main === module) void runScript(parseCommand(process.argv.slice(2)), main);
