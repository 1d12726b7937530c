import { askAt } from './ask';
import { run } from './program';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const readInput = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** As a shell says of a program that SIGPIPE has ended: whoever reads only the beginning, such as `head`, has what they wanted. */
const UNREAD = 141;
const OUTPUT_LOST = 70;

const endWithout = (error: NodeJS.ErrnoException): never => {
  if (error.code === 'EPIPE') process.exit(UNREAD);
  process.stderr.write(
    `The output cannot be written (${error.code}). What was started goes on without this command.\n`,
  );
  process.exit(OUTPUT_LOST);
};
process.stdout.on('error', endWithout);
// Progress that nobody reads is no reason to end.
process.stderr.on('error', () => {});

const writeOut = (text: string): void => {
  try {
    process.stdout.write(text);
  } catch (error) {
    // A file is written at once, and not by an event.
    endWithout(error as NodeJS.ErrnoException);
  }
};

run(process.argv.slice(2), {
  out: writeOut,
  err: (text) => process.stderr.write(text),
  // On the error stream: what is asked for may be written to a file.
  ask:
    process.stdin.isTTY === true && process.stderr.isTTY === true
      ? (question) => askAt(question, process.stdin, process.stderr)
      : undefined,
  readInput: process.stdin.isTTY === true ? undefined : readInput,
  directory: process.cwd(),
}).then(
  (exitStatus) => {
    process.exitCode = exitStatus;
  },
  (defect: unknown) => {
    console.error(defect);
    process.exitCode = 70;
  },
);
