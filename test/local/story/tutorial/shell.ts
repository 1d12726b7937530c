import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as iam from '@aws-sdk/client-iam';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as stepfunctions from '@aws-sdk/client-sfn';
import { asText, at } from './query';

/*
 * A shell for the commands of the tutorial, which need no other program: what the AWS CLI would be told, the SDK is told.
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
  [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
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
      output[name] = Array.isArray(value) ? [...((output[name] as []) ?? []), ...value] : value;
    }
  } while (page.nextToken !== undefined);
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

/** Runs a command, and returns what it prints, without the end of the last line. */
export const run = async (command: string, variables: Variables): Promise<string> => {
  let printed = '';
  for (const part of command.split(' | ')) {
    const [program, ...words] = wordsOf(part, variables);
    if (program === 'aws') printed = await aws(words, variables);
    else if (program === 'curl') printed = await curl(words);
    else if (program === 'jq') printed = jq(words, printed);
    else throw new Error(`The tutorial's test does not know the program ${program}`);
  }
  return printed.trimEnd();
};
