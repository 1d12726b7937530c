import type { IAMClientConfig } from '@aws-sdk/client-iam';
import { EXIT, Trouble } from './trouble';

/** What every AWS SDK client of the command is made with: what is not set is looked up as the AWS CLI does. */
export type ClientConfig = Pick<
  IAMClientConfig,
  'region' | 'profile' | 'credentials' | 'requestHandler' | 'endpoint' | 'logger'
>;

const quiet = (): void => {};

/** For a profile that was asked for: the SDK warns that it wins over credentials in the environment. */
export const SILENT = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

/** What the command finds around it. Tests bring their own. */
export interface Surroundings {
  /** Writes what was asked for. */
  readonly out: (text: string) => void;
  /** Writes progress, questions and what is wrong. */
  readonly err: (text: string) => void;
  /** Asks the person at the terminal. Undefined: there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Reads what is piped in. Undefined: nothing is. */
  readonly readInput: (() => Promise<string>) | undefined;
  /** Where a configuration is looked for, and from where names of files count. */
  readonly directory: string;
  /** Default: what the SDK finds in the environment and in files. */
  readonly clientConfig?: ClientConfig;
}

/** What goes with every command. */
export interface CommonOptions {
  readonly name?: string | undefined;
  readonly config?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly json?: boolean | undefined;
}

/** The settings of all clients. */
export const clientConfigOf = (
  { clientConfig = {} }: Pick<Surroundings, 'clientConfig'>,
  { profile, region }: CommonOptions,
): ClientConfig => ({
  ...clientConfig,
  ...(profile !== undefined && { profile, logger: SILENT }),
  ...(region !== undefined && { region }),
});

const SILENCE_MS = 10_000;

/** Does work that asks AWS much, and says from time to time that it is not over. */
export const patiently = async <Result>(
  { err }: Pick<Surroundings, 'err'>,
  work: () => Promise<Result>,
): Promise<Result> => {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += SILENCE_MS / 1000;
    err(`Still asking AWS, for ${seconds} seconds ...\n`);
  }, SILENCE_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
};

/**
 * Asks before something that cannot be taken back.
 *
 * @throws Trouble when the answer is not yes, or nobody is there to ask.
 */
export const confirm = async (
  { ask, err }: Surroundings,
  { what, yes }: { readonly what: readonly string[]; readonly yes: boolean | undefined },
): Promise<void> => {
  err(`${what.join('\n')}\n`);
  if (yes === true) return;
  if (ask === undefined) {
    throw new Trouble(
      EXIT.misuse,
      'Nobody is at a terminal to be asked: add --yes if you are sure. Nothing was started.',
    );
  }
  const answer = await ask('Go on? Type yes: ');
  if (answer.trim().toLowerCase() !== 'yes')
    throw new Trouble(EXIT.misuse, 'Not confirmed. Nothing was started.');
};

/**
 * What others have written, into a reason or the cause of an execution, is shown. It neither steers a terminal nor turns the direction
 * of its line.
 */
export const plain = (text: string): string =>
  text.replace(/(?![\n\r])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '');

/** Writes a value as JSON, in a line: where a command writes several, each is one. */
export const writeJsonLine = ({ out }: Pick<Surroundings, 'out'>, value: unknown): void =>
  out(`${JSON.stringify(value)}\n`);

/** Writes a value as JSON. */
export const writeJson = ({ out }: Surroundings, value: unknown): void =>
  out(`${JSON.stringify(value, undefined, 2)}\n`);
