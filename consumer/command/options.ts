import type { Command as Program } from 'commander';
import { isProfileName } from '../file/profile-editor';
import { type HelpOrMisuse, Misuse, readCommandLine } from '../ground/command-line';
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
export type Command = HelpOrMisuse | CredentialProcessCommand | CredentialsFileCommand | DoctorCommand;

/** The options that say which secret is read, as commander has read them. */
interface SourceOptions {
  readonly secretId: string;
  readonly idField?: string;
  readonly secretField?: string;
  readonly region?: string;
}

interface FileOptions extends SourceOptions {
  readonly writeProfile: string;
  readonly file?: string;
  readonly readerProfile?: string;
  readonly self: boolean;
  readonly every?: string;
  readonly json: boolean;
}

const AFTER = `
Exit status: 0 when it succeeded, or the doctor found no problem, 1 when it did
not, 2 when the command line is wrong. "help COMMAND" has the options of each.
Of an option that is given more than once, the last one counts.`;

const TIMES = '\nTIME is an ISO 8601 duration from PT10S to PT45M, such as PT10M.';

const ofSecret = (program: Program): Program =>
  program
    .requiredOption('--secret-id <id>', 'name or ARN of the secret')
    .option('--id-field <name>', 'field of the secret that holds the access key ID (AccessKeyId)')
    .option('--secret-field <name>', 'field that holds the secret access key (SecretAccessKey)')
    .option('--region <region>', "Region of the secret, unless its ARN or the SDK's settings name it");

const durationOf = (option: string, text: string): number => {
  const ms = parseRefreshAfter(text);
  if (typeof ms === 'string') throw new Misuse(`${option}: ${ms}`);
  return ms;
};

const profileName = (text: string): string => {
  if (isProfileName(text)) return text;
  throw new Misuse('Allowed: up to 128 letters, digits and _ @ + . % : / -');
};

const fileOf = (given: string | undefined, place: Place): string => {
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

const sourceOf = (
  { secretId, idField, secretField, region }: SourceOptions,
  readerProfile: string | undefined,
): Source => {
  if ((idField === undefined) !== (secretField === undefined)) {
    throw new Misuse('--id-field and --secret-field belong together: one of them is missing.');
  }
  const fieldNames =
    idField === undefined || secretField === undefined
      ? undefined
      : { accessKeyId: idField, secretAccessKey: secretField };
  return { secretId, fieldNames, region, readerProfile };
};

const credentialsFile = (options: FileOptions, place: Place): CredentialsFileCommand => {
  const { writeProfile, readerProfile, self, every, json } = options;
  if (self && readerProfile !== undefined) {
    throw new Misuse('--self and --reader-profile cannot both be given: only one of them reads the secret.');
  }
  if (readerProfile === writeProfile) {
    throw new Misuse(
      `--reader-profile: ${JSON.stringify(writeProfile)} is the profile that gets the key. If its own key is to read ` +
        'the secret, give --self.',
    );
  }
  return {
    kind: 'credentials-file',
    ...sourceOf(options, readerProfile),
    file: fileOf(options.file, place),
    writeProfile,
    self,
    everyMs: every === undefined ? undefined : durationOf('--every', every),
    json,
  };
};

/**
 * Reads the command line.
 *
 * @param place - The variables of the process, and the system that it runs on.
 */
export const parseCommand = (args: readonly string[], place: Place = { ...HERE, environment: {} }): Command =>
  readCommandLine<Command>(
    'rotated-credentials',
    args,
    (program, hand) => {
      program
        .description('Gives programs the access key that a secret holds, as its rotation changes it.')
        .addHelpText('after', AFTER);
      ofSecret(program.command('credential-process'))
        .description(
          'prints the key as AWS SDKs and the AWS CLI expect it from the setting credential_process in ~/.aws/config',
        )
        .option('--profile <name>', 'profile that reads the secret; by default the SDK finds credentials')
        .option(
          '--refresh-after <time>',
          `no program asks again sooner; some ask up to 15 minutes later (${DEFAULT_REFRESH_AFTER})`,
          DEFAULT_REFRESH_AFTER,
        )
        .addHelpText('after', TIMES)
        .action(
          ({
            profile,
            refreshAfter,
            ...options
          }: SourceOptions & { profile?: string; refreshAfter: string }) =>
            hand({
              kind: 'credential-process',
              ...sourceOf(options, profile),
              refreshAfterMs: durationOf('--refresh-after', refreshAfter),
            }),
        );
      ofSecret(program.command('credentials-file'))
        .description('keeps one profile of a credentials file current; everything else in it stays as it is')
        .requiredOption('--write-profile <name>', 'the profile that gets the key', profileName)
        .option('--file <file>', 'the file (AWS_SHARED_CREDENTIALS_FILE, or else ~/.aws/credentials)')
        .option(
          '--reader-profile <name>',
          'profile that reads the secret; by default the SDK finds credentials',
        )
        .option('--self', 'the key that the profile holds reads the secret', false)
        .option(
          '--every <time>',
          'go on until stopped, and read the secret at these intervals; by default it is read once',
        )
        .option('--json', 'print one JSON document per line', false)
        .addHelpText('after', TIMES)
        .action((options: FileOptions) => hand(credentialsFile(options, place)));
      program
        .command('doctor')
        .description(
          'says what SDKs on this host use for a profile and why, how old it is, whether AWS accepts it, and what to change; it ' +
            'changes nothing itself',
        )
        .requiredOption('--profile <name>', 'the profile to look at')
        .option(
          '--region <region>',
          'Region in which AWS is asked, unless the environment or the profile names one',
        )
        .option('--json', 'print one JSON document', false)
        .action(({ profile, region, json }) => hand({ kind: 'doctor', profile, region, json }));
    },
    { lastCounts: true },
  );
