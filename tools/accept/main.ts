import { askAt } from '../../command/ask';
import { plain } from '../../command/shell';
import { troubleOf } from '../../command/trouble';
import { answer } from '../../consumer/ground/command-line';
import { Problem } from '../../test/e2e/support/problem';
import { parseCommand } from './options';
import { endpointSettings } from './refusals';
import { accept } from './run';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const out = (text: string): void => void process.stdout.write(plain(text));
const err = (text: string): void => void process.stderr.write(plain(text));

// Whoever reads no more, or a terminal that is closed, must not keep the run from removing what it has created.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const main = async (args: readonly string[]): Promise<number> => {
  const asked = parseCommand(args);
  if (asked.kind !== 'run') return answer(asked, out, err);
  const { options } = asked;
  // One place for all who look: the SDK here, the command, and the CDK's own process.
  if (options.profile !== undefined) process.env.AWS_PROFILE = options.profile;
  if (options.region !== undefined) process.env.AWS_REGION = options.region;
  Object.assign(process.env, endpointSettings(options.rehearsal !== undefined));
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      err(
        interruption.signal.aborted
          ? `${signal}: the removal goes on, so that nothing is left. If it has to be stopped: kill -9 ${process.pid}, and --clean later.\n`
          : `${signal}: the run ends, and everything that it created is removed ...\n`,
      );
      interruption.abort();
    });
  }
  try {
    return await accept(options, {
      surroundings: {
        out,
        err,
        ask:
          process.stdin.isTTY === true && process.stderr.isTTY === true
            ? (question) => askAt(question, process.stdin, process.stderr)
            : undefined,
        readInput: undefined,
        directory: process.cwd(),
      },
      environment: process.env,
      interruption: interruption.signal,
    });
  } catch (error) {
    const known = error instanceof Problem ? error : troubleOf(error);
    if (known === undefined) throw error;
    err(`${known.message}\n`);
    return 2;
  }
};

main(process.argv.slice(2)).then(
  (exitStatus) => {
    // Do not wait for sockets that the SDK keeps open, nor for what an interruption has left under way.
    process.exit(exitStatus);
  },
  (defect: unknown) => {
    console.error(defect);
    process.exit(70);
  },
);
