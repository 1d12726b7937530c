import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as iam from '@aws-sdk/client-iam';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as stepfunctions from '@aws-sdk/client-sfn';
import { run as runCommand } from '../../../../command/program';
import { CONFIG_FILE } from '../../../../lib/config';
import { liveAt } from '../../../../local/story/served-time';
import type { ServedDocument } from '../../../../local/story/serving';
import { asText, at } from './query';

/*
 * A shell for the commands of the pages, which need no other program: what the AWS CLI would be told, the SDK is told, and the command
 * runs in this process, in the time of what is served.
 */

type Page = { readonly nextToken?: string };
type Variables = Readonly<Record<string, string>>;
type Sender = { send(command: never): Promise<object> };

/** A service's clients and commands, and how its API writes the names of parameters. */
const SERVICES: Readonly<
  Record<
    string,
    { readonly client: new (config: object) => Sender; readonly module: object; readonly lower?: true }
  >
> = {
  iam: { client: iam.IAMClient, module: iam },
  logs: { client: logs.CloudWatchLogsClient, module: logs, lower: true },
  secretsmanager: { client: secretsmanager.SecretsManagerClient, module: secretsmanager },
  stepfunctions: { client: stepfunctions.SFNClient, module: stepfunctions, lower: true },
};

/** The words of a command, with variables filled in where a shell does that. */
const wordsOf = (command: string, variables: Variables): readonly string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, literal, quoted, plain]) =>
      literal ?? (quoted ?? plain ?? '').replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? ''),
  );

const pascal = (name: string): string =>
  name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

const aws = async (words: readonly string[], variables: Variables): Promise<string> => {
  const [serviceName = '', operation = '', ...rest] = words;
  const service = SERVICES[serviceName];
  if (service === undefined) throw new Error(`The tutorial's test does not know the service ${serviceName}`);
  const options = new Map<string, string>();
  for (let index = 0; index < rest.length; index += 2)
    options.set(rest[index]?.slice(2) ?? '', rest[index + 1] ?? '');
  const query = options.get('query') ?? '';
  const isText = options.get('output') === 'text';
  options.delete('query');
  options.delete('output');
  const input = Object.fromEntries(
    [...options].map(([name, value]) => {
      const parameter = pascal(name);
      return [service.lower ? parameter.charAt(0).toLowerCase() + parameter.slice(1) : parameter, value];
    }),
  );
  const Command = (service.module as Readonly<Record<string, new (input: object) => never>>)[
    `${pascal(operation)}Command`
  ];
  if (Command === undefined) throw new Error(`The SDK has no ${serviceName} ${operation}`);
  const client = new service.client({
    region: variables.AWS_REGION,
    endpoint: variables.AWS_ENDPOINT_URL,
    maxAttempts: 1,
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID,
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY,
      sessionToken: variables.AWS_SESSION_TOKEN,
    },
  });
  // As the AWS CLI does: every page, and the lists of them put together.
  const output: Record<string, unknown> = {};
  let page: Page = {};
  do {
    const { nextToken } = page;
    page = (await client.send(new Command({ ...input, ...(nextToken && { nextToken }) }))) as Page;
    for (const [name, value] of Object.entries(page)) {
      if (name === '$metadata') continue;
      output[name] = Array.isArray(value) ? [...((output[name] as []) ?? []), ...value] : value;
    }
  } while (page.nextToken !== undefined);
  if (Object.keys(output).length === 0) return '';
  const value = at(output, query);
  return isText ? asText(value) : JSON.stringify(value, undefined, 4);
};

/** `curl -sd DATA URL`. */
const curl = async ([option, body, url = '', ...others]: readonly string[]): Promise<string> => {
  if (option !== '-sd' || others.length > 0)
    throw new Error('The tutorial’s test knows only curl -sd DATA URL');
  return (await fetch(url, { method: 'POST', body: body ?? '' })).text();
};

/** `jq -c '[PATHS]'`, of each value. */
const jq = ([option, path = '']: readonly string[], input: string): string => {
  if (option !== '-c') throw new Error('The tutorial’s test knows only jq -c');
  return input
    .split('\t')
    .map((text) => JSON.stringify(at(JSON.parse(text), path.replace(/(^|[[, ])\./g, '$1'))))
    .join('\n');
};

/** `access-key-rotation`, as the command in the served directory: what a terminal would show. */
const accessKeyRotation = async (
  words: readonly string[],
  { variables, configFile, input }: { variables: Variables; configFile: string; input: string | undefined },
): Promise<string> => {
  const answer = await fetch(`${variables.AWS_ENDPOINT_URL}/time`);
  const { now } = (await answer.json()) as { readonly now: string };
  const before = { ...process.env };
  Object.assign(process.env, variables);
  const leave = liveAt(new Date(now));
  let shown = '';
  const show = (text: string): void => {
    shown += text;
  };
  try {
    await runCommand(['--config', configFile, ...words], {
      out: show,
      err: show,
      ask: undefined,
      readInput: input === undefined ? undefined : async () => input,
      directory: dirname(configFile),
    });
  } finally {
    leave();
    process.env = before;
  }
  return shown;
};

/** A line of programs in a row, with at most one `< FILE`, and perhaps `> /dev/null` at its end. */
const runLine = async (line: string, variables: Variables, configFile: string): Promise<string> => {
  const silent = ' > /dev/null 2>&1';
  if (line.endsWith(silent)) {
    await runLine(line.slice(0, -silent.length), variables, configFile);
    return '';
  }
  let printed = '';
  for (const part of line.split(' | ')) {
    const all = wordsOf(part, variables);
    const from = all.indexOf('<');
    const input = from < 0 ? undefined : readFileSync(all[from + 1] ?? '', 'utf8');
    const [program, ...words] = from < 0 ? all : all.slice(0, from);
    if (program === 'aws') printed = (await aws(words, variables)).replace(/.$/s, '$&\n');
    else if (program === 'curl') printed = await curl(words);
    else if (program === 'jq') printed = `${jq(words, printed.trimEnd())}\n`;
    else if (program === 'access-key-rotation') {
      printed = await accessKeyRotation(words, { variables, configFile, input });
    } else throw new Error(`The test does not know the program ${program}`);
  }
  return printed;
};

/** `for NAME in WORDS; do`, lines, `done`; or a line. */
const LOOP_OR_LINE = /^for (\w+) in (.*); do\n([\s\S]*?)\ndone$|^.+$/gm;

/** Runs the commands of a block, and returns what they print, without the end of the last line. */
export const run = async (commands: string, { environment, bin }: ServedDocument): Promise<string> => {
  const configFile = join(dirname(bin), CONFIG_FILE);
  let printed = '';
  for (const [line, name, words = '', body = ''] of commands.replace(/\\\n\s*/g, '').matchAll(LOOP_OR_LINE)) {
    if (name === undefined) printed += await runLine(line, environment, configFile);
    else {
      for (const word of words.split(' ')) {
        for (const one of body.split('\n')) {
          printed += await runLine(one.trim(), { ...environment, [name]: word }, configFile);
        }
      }
    }
  }
  return printed.trimEnd();
};
