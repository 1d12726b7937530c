import { parseArgs } from 'node:util';
import { isProfileName } from '../file/profile-editor';
import { expanded, HERE, type Place, pathsOf, profileFile } from '../ground/paths';
import { DEFAULT_REFRESH_AFTER, parseRefreshAfter } from '../ground/timing';
import type { FieldNames } from '../library/key-document';

/** What every command needs to read the secret. */
interface Source {
  readonly secretId: string;
  /** Fields that hold the key; undefined for `AccessKeyId` and `SecretAccessKey`. */
  readonly fieldNames: FieldNames | undefined;
  readonly region: string | undefined;
  /** The profile that reads the secret; undefined for the credentials that the SDK finds. */
  readonly readerProfile: string | undefined;
}

/** `credential-process`. */
export interface CredentialProcessCommand extends Source {
  readonly kind: 'credential-process';
  readonly refreshAfterMs: number;
}

/** `credentials-file`. */
export interface CredentialsFileCommand extends Source {
  readonly kind: 'credentials-file';
  readonly file: string;
  readonly writeProfile: string;
  /** Whether the profile's own key reads the secret. */
  readonly self: boolean;
  /** Time between two reads in milliseconds; undefined to read once. */
  readonly everyMs: number | undefined;
  readonly json: boolean;
}

/** `doctor`. */
export interface DoctorCommand {
  readonly kind: 'doctor';
  readonly profile: string;
  readonly region: string | undefined;
  readonly json: boolean;
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string }
  | CredentialProcessCommand
  | CredentialsFileCommand
  | DoctorCommand;

const HELP = `Gives programs the access key that a secret holds, as its rotation changes it.

Usage: rotated-credentials credential-process --secret-id ID [options]
       rotated-credentials credentials-file --secret-id ID
                           --write-profile NAME [options]
       rotated-credentials doctor --profile NAME [options]

credential-process prints the key as AWS SDKs and the AWS CLI expect it from
the setting credential_process in ~/.aws/config.

  --secret-id ID        name or ARN of the secret
  --id-field NAME, --secret-field NAME
                        fields of the secret that hold the key; by default
                        AccessKeyId and SecretAccessKey
  --region REGION       Region of the secret, unless its ARN or the SDK's
                        settings name it
  --profile NAME        profile that reads the secret; by default the SDK
                        finds credentials
  --refresh-after TIME  no program asks again sooner; some ask up to 15 minutes
                        later (${DEFAULT_REFRESH_AFTER})

credentials-file keeps one profile of a credentials file current. Everything
else in the file stays as it is.

  --secret-id ID, --id-field NAME, --secret-field NAME, --region REGION
                        as above
  --write-profile NAME  the profile that gets the key
  --file FILE           the file; by default AWS_SHARED_CREDENTIALS_FILE or
                        ~/.aws/credentials
  --reader-profile NAME profile that reads the secret; by default the SDK finds
                        credentials
  --self                the key that the profile holds reads the secret
  --every TIME          go on until stopped, and read the secret at these
                        intervals; by default it is read once
  --json                print one JSON document per line

doctor says what SDKs on this host use for a profile and why, how old it is,
whether AWS accepts it, and what to change. It changes nothing itself.

  --profile NAME        the profile
  --region REGION       Region in which AWS is asked, unless the environment or
                        the profile names one
  --json                print one JSON document

  -h, --help            print this

Times are ISO 8601 durations from PT10S to PT45M, such as PT10M.

Exit status: 0 when it succeeded, or the doctor found no problem, 1 when it did
not, 2 when the command line is wrong.
`;

const COMMON = {
  'secret-id': { type: 'string' },
  'id-field': { type: 'string' },
  'secret-field': { type: 'string' },
  region: { type: 'string' },
} as const;
const OPTIONS = {
  'credential-process': {
    ...COMMON,
    profile: { type: 'string' },
    'refresh-after': { type: 'string' },
  },
  'credentials-file': {
    ...COMMON,
    'write-profile': { type: 'string' },
    file: { type: 'string' },
    'reader-profile': { type: 'string' },
    self: { type: 'boolean' },
    every: { type: 'string' },
    json: { type: 'boolean' },
  },
  doctor: { profile: { type: 'string' }, region: { type: 'string' }, json: { type: 'boolean' } },
} as const;

type Kind = keyof typeof OPTIONS;
type Values = Readonly<Record<string, string | boolean | undefined>>;

/** A sentence about a wrong option. */
class Misuse extends Error {}

/** The value of each option; the last one, if an option is repeated. */
const valuesOf = (kind: Kind, args: readonly string[]): Values => {
  const options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>> = OPTIONS[kind];
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new Misuse(`${JSON.stringify(token.value)} was given, but no option takes it.`);
    }
    const { name, rawName, value, inlineValue } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) {
      const allowed = Object.keys(options).map((known) => `--${known}`);
      throw new Misuse(`${rawName} is not an option of ${kind}. Allowed: ${allowed.join(', ')}.`);
    }
    if (option.type === 'boolean' && value !== undefined) {
      throw new Misuse(`${rawName}: ${JSON.stringify(value)} was given, but it takes no value.`);
    }
    // Otherwise, if a value is forgotten, the name of the next option would be taken for it.
    if (option.type === 'string' && (value === undefined || (!inlineValue && value.startsWith('-')))) {
      throw new Misuse(`${rawName}: nothing was given.`);
    }
    values[name] = value ?? true;
  }
  return values;
};

const textOf = (values: Values, option: string): string | undefined => {
  const value = values[option];
  if (value === '') throw new Misuse(`--${option}: nothing was given.`);
  return typeof value === 'string' ? value : undefined;
};

const required = (values: Values, option: string, meaning: string): string => {
  const value = textOf(values, option);
  if (value === undefined) throw new Misuse(`--${option} is missing: ${meaning}.`);
  return value;
};

const durationOf = (values: Values, option: string): number | undefined => {
  const text = textOf(values, option);
  const ms = text === undefined ? undefined : parseRefreshAfter(text);
  if (typeof ms === 'string') throw new Misuse(`--${option}: ${ms}`);
  return ms;
};

const fileOf = (values: Values, place: Place): string => {
  const given = textOf(values, 'file');
  const named = given ?? place.environment.AWS_SHARED_CREDENTIALS_FILE ?? '';
  if (['/', pathsOf(place).sep].some((separator) => named.endsWith(separator))) {
    const source = given === undefined ? 'AWS_SHARED_CREDENTIALS_FILE' : '--file';
    throw new Misuse(
      `${source}: ${JSON.stringify(named)} was given, which is a folder. Allowed: the path of a file.`,
    );
  }
  const file = given === undefined ? profileFile('credentials', place) : expanded(given, place);
  // Otherwise the file would be created in the folder where this runs.
  if (file === undefined) {
    throw new Misuse(
      '--file is missing: HOME names no folder, so there is no default file, and ~ cannot be used.',
    );
  }
  return file;
};

const fieldNamesOf = (values: Values): FieldNames | undefined => {
  const [accessKeyId, secretAccessKey] = [textOf(values, 'id-field'), textOf(values, 'secret-field')];
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Misuse('--id-field and --secret-field belong together: one of them is missing.');
  }
  return { accessKeyId, secretAccessKey };
};

const sourceOf = (values: Values, profileOption: string): Source => ({
  secretId: required(values, 'secret-id', 'the name or ARN of the secret'),
  fieldNames: fieldNamesOf(values),
  region: textOf(values, 'region'),
  readerProfile: textOf(values, profileOption),
});

const credentialsFile = (values: Values, place: Place): CredentialsFileCommand => {
  const source = sourceOf(values, 'reader-profile');
  const writeProfile = required(values, 'write-profile', 'the profile that gets the key');
  if (!isProfileName(writeProfile)) {
    throw new Misuse(
      `--write-profile: ${JSON.stringify(writeProfile)} was given. Allowed: up to 128 letters, digits and _ @ + . % : / -`,
    );
  }
  const self = values.self === true;
  if (self && source.readerProfile !== undefined) {
    throw new Misuse('--self and --reader-profile cannot both be given: only one of them reads the secret.');
  }
  if (source.readerProfile === writeProfile) {
    throw new Misuse(
      `--reader-profile: ${JSON.stringify(writeProfile)} is the profile that gets the key. If its own key is to read ` +
        'the secret, give --self.',
    );
  }
  return {
    kind: 'credentials-file',
    ...source,
    file: fileOf(values, place),
    writeProfile,
    self,
    everyMs: durationOf(values, 'every'),
    json: values.json === true,
  };
};

/**
 * Reads the command line.
 *
 * @param place - The variables of the process, and the system that it runs on.
 */
export const parseCommand = (
  args: readonly string[],
  place: Place = { ...HERE, environment: {} },
): Command => {
  const [first, ...rest] = args;
  if (args.includes('--help') || args.includes('-h') || first === 'help') return { kind: 'help', text: HELP };
  try {
    if (first === undefined || !Object.hasOwn(OPTIONS, first)) {
      const given = first === undefined ? 'No command' : JSON.stringify(first);
      throw new Misuse(`${given} was given. Allowed: ${Object.keys(OPTIONS).join(', ')}.`);
    }
    const kind = first as Kind;
    const values = valuesOf(kind, rest);
    if (kind === 'doctor') {
      const profile = required(values, 'profile', 'the profile to look at');
      return { kind, profile, region: textOf(values, 'region'), json: values.json === true };
    }
    if (kind === 'credentials-file') return credentialsFile(values, place);
    const refreshAfterMs =
      durationOf(values, 'refresh-after') ?? Number(parseRefreshAfter(DEFAULT_REFRESH_AFTER));
    return { kind, ...sourceOf(values, 'profile'), refreshAfterMs };
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    return { kind: 'misuse', message: `${error.message}\nSee rotated-credentials --help.` };
  }
};
