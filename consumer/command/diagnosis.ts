import type { ProfileFile } from '../ground/paths';
import { endOf } from '../ground/problems';
import { shellWord } from '../ground/shell-word';
import {
  inOrderOf,
  PROGRAMS,
  type Program,
  SOURCE_NAMES,
  type Source,
  sourcesIn,
  sourceTaken,
} from '../host/credential-source';
import type { HostProfile } from '../host/profile';

/** What is known of one of the two files of profiles. */
export interface FileFacts {
  readonly kind: ProfileFile;
  /** Undefined if there is no home that it could be in. */
  readonly path: string | undefined;
  /** Why it cannot be read, by the system's name; ENOENT if it does not exist. */
  readonly unreadable?: string;
  /** What programs read differently in it, as a sentence. */
  readonly ambiguous?: string;
  /** Programs that ignore the whole file. */
  readonly givenUpBy: readonly Program[];
  /** A header that seems to be meant for the profile, but that SDKs do not recognise. */
  readonly misnamed?: string;
  /** Whether users other than its owner and its group may read it. */
  readonly isOpen: boolean;
  /** When it was last changed. */
  readonly changedAt?: Date;
}

/** What the SDK gets when it asks the host for the profile's credentials. */
export type Credentials =
  | {
      readonly accessKeyId: string;
      readonly hasSessionToken: boolean;
      readonly expiration: Date | undefined;
    }
  | { readonly problem: string };

/** What AWS says about the credentials. */
export type Verdict =
  | { readonly accepted: true; readonly arn: string }
  | { readonly accepted: false; readonly code: string }
  | { readonly accepted: undefined; readonly problem: string };

/** Everything that the doctor has looked at. */
export interface Facts {
  readonly name: string;
  readonly now: Date;
  /** Undefined if no file names the profile. */
  readonly profile: HostProfile | undefined;
  readonly files: readonly FileFacts[];
  /** Names of the environment variables that are set. */
  readonly variables: ReadonlySet<string>;
  /** The profile that AWS_PROFILE names. */
  readonly environmentProfile: string | undefined;
  readonly credentials: Credentials;
  readonly verdict: Verdict | undefined;
  /** When IAM made the key; undefined if IAM does not tell. */
  readonly createdAt: Date | undefined;
}

/** Something to know. A problem makes the command end with 1. */
export interface Finding {
  readonly code: string;
  readonly kind: 'problem' | 'note';
  readonly message: string;
  /** What to change. */
  readonly change: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The age from which auditors ask about a key (CIS AWS Foundations Benchmark, _rotated every 90 days or
 * less_).
 */
const OLD_DAYS = 90;

const daysSince = (then: Date, now: Date): number =>
  Math.max(0, Math.floor((now.getTime() - then.getTime()) / DAY_MS));

const FILE_NAMES = { config: 'config', credentials: 'credentials' } as const;

const problem = (code: string, message: string, change: string): Finding => ({
  ...{ code, kind: 'problem', message, change },
});
const note = (code: string, message: string, change: string): Finding => ({
  ...{ code, kind: 'note', message, change },
});

const inFile = ({ name, files }: Facts, file: FileFacts): readonly Finding[] => {
  const { kind, path = '', unreadable, ambiguous, givenUpBy, misnamed, isOpen } = file;
  const found: Finding[] = [];
  if (unreadable !== undefined && unreadable !== 'ENOENT') {
    found.push(
      problem(
        'file-not-readable',
        `${path} cannot be read (${unreadable}), and SDKs go on as if it were not there.`,
        'Let the user that runs the program read it.',
      ),
    );
  }
  if (ambiguous !== undefined) {
    found.push(problem('file-ambiguous', `In ${path}, ${ambiguous}.`, 'Mend that line.'));
  }
  if (givenUpBy.length > 0) {
    found.push(
      problem(
        'file-not-parsable',
        `${path} cannot be parsed by ${givenUpBy.map((program) => `the ${program}`).join(' and ')}, and is ignored there.`,
        'Look for a duplicate section or setting, a line without a name and an equals sign, and bytes ' +
          'before the first section.',
      ),
    );
  }
  if (misnamed !== undefined) {
    const header = kind === 'config' && name !== 'default' ? `[profile ${name}]` : `[${name}]`;
    found.push(
      problem(
        'section-not-found',
        `${path} has a section [${misnamed}], which SDKs do not recognise as the profile.`,
        `Name it ${header}${kind === 'config' ? '' : `; with the word profile it belongs in ${pathOf(files, 'config')}`}.`,
      ),
    );
  }
  if (isOpen && kind === 'credentials') {
    found.push(
      note('file-open', `${path} can be read by every user of this host.`, `chmod 600 ${shellWord(path)}`),
    );
  }
  return found;
};

const pathOf = (files: readonly FileFacts[], kind: ProfileFile): string =>
  files.find((file) => file.kind === kind)?.path ?? `~/.aws/${FILE_NAMES[kind]}`;

/** What each program takes from the profile. */
export const taken = (profile: HostProfile | undefined): ReadonlyMap<Program, Source | undefined> => {
  const sources = profile === undefined ? new Set<Source>() : sourcesIn(profile);
  return new Map(PROGRAMS.map((program) => [program, sourceTaken(sources, program)]));
};

/** Why each program takes what it takes. */
export const whyTaken = (profile: HostProfile | undefined): string => {
  const sources = profile === undefined ? new Set<Source>() : sourcesIn(profile);
  if (sources.size === 0) return 'the profile names no source of credentials';
  if (sources.size === 1) return 'the profile names nothing else';
  return PROGRAMS.map((program) => {
    const names = inOrderOf(program, sources).map((source) => SOURCE_NAMES[source]);
    return `order of the ${program}: ${names.join(', then ')}`;
  }).join('; ');
};

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Sources that another one hides, for all programs or for some. */
const shadows = (facts: Facts): readonly Finding[] => {
  const { profile, files } = facts;
  if (profile === undefined) return [];
  const byProgram = taken(profile);
  const found: Finding[] = [];
  for (const hidden of sourcesIn(profile)) {
    const blind = [...byProgram].filter(([, source]) => source !== undefined && source !== hidden);
    const [[, shadow] = []] = blind;
    if (shadow === undefined) continue;
    const who =
      blind.length === PROGRAMS.length
        ? 'all SDKs'
        : blind.map(([program]) => `the ${program}`).join(' and ');
    const isKey = shadow === 'key-in-credentials' || shadow === 'key-in-config';
    const path = pathOf(files, shadow === 'key-in-credentials' ? 'credentials' : 'config');
    const isOfInterest = isKey || hidden === 'credential-process';
    if (!isOfInterest) continue;
    found.push(
      problem(
        isKey && hidden === 'credential-process' ? 'key-shadows-process' : 'source-shadowed',
        `${capitalized(SOURCE_NAMES[shadow])} hides ${SOURCE_NAMES[hidden]} from ${who}.`,
        isKey
          ? `Delete aws_access_key_id and aws_secret_access_key from the profile ${profile.name} in ${path}.`
          : 'Leave one of them in the profile, and give the other a profile of its own.',
      ),
    );
  }
  return found;
};

const inEnvironment = ({ name, variables, environmentProfile }: Facts): readonly Finding[] => {
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  const set = keys.filter((variable) => variables.has(variable));
  const found: Finding[] = [];
  if (set.length > 0) {
    found.push(
      note(
        'key-in-environment',
        `${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set here. Programs that are not told to use the profile ` +
          `${name} take them, and so do the AWS CLI and Python if only AWS_PROFILE names the profile.`,
        `Unset ${set.join(', ')} where the program is started.`,
      ),
    );
  }
  if (environmentProfile !== undefined && environmentProfile !== name) {
    found.push(
      note(
        'other-profile-in-environment',
        `AWS_PROFILE names ${environmentProfile} here: programs use that profile unless they are told another.`,
        `Set AWS_PROFILE to ${name}, or tell the program its profile.`,
      ),
    );
  }
  return found;
};

const isLongTerm = (accessKeyId: string): boolean => accessKeyId.startsWith('AKIA');

/** Findings about AWS's answer, unless it accepts the credentials. */
const ofVerdict = ({ name, profile, verdict }: Facts, accessKeyIdEnd: string): readonly Finding[] => {
  if (verdict === undefined || verdict.accepted === true) return [];
  if (verdict.accepted === undefined) {
    return [
      problem(
        'aws-not-reached',
        `AWS could not be asked: ${verdict.problem}.`,
        'Look at HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE, and at region and endpoint_url of the profile.',
      ),
    ];
  }
  if (verdict.code === 'ExpiredToken') {
    return [
      problem(
        'session-ended',
        'The profile has a session token whose session has ended.',
        `Delete aws_session_token and its key from the profile ${name}, or sign in again.`,
      ),
    ];
  }
  return [
    problem(
      'key-refused',
      `AWS refuses the key that ends in ${accessKeyIdEnd} (${verdict.code}): it is Inactive, deleted, or mistyped.`,
      taken(profile).get('SDK for JavaScript') === 'credential-process'
        ? 'Ask the secret for its current key. If it is this one, see the runbook of the rotation.'
        : 'Put the current key of the secret there, with rotated-credentials credentials-file.',
    ),
  ];
};

const ofCredentials = (facts: Facts): readonly Finding[] => {
  const { name, credentials, profile, files, createdAt, now } = facts;
  if ('problem' in credentials) {
    // One cause is enough.
    if (profile === undefined && files.some(({ misnamed }) => misnamed !== undefined)) return [];
    return [
      problem(
        profile === undefined ? 'profile-not-found' : 'no-credentials',
        `SDKs get no credentials for the profile ${name}: ${credentials.problem}.`,
        profile === undefined
          ? 'Add the profile, or correct its name.'
          : 'See docs/consumers.md for what a profile can hold.',
      ),
    ];
  }
  const source = taken(profile).get('SDK for JavaScript');
  const found: Finding[] = [];
  if (credentials.hasSessionToken && isLongTerm(credentials.accessKeyId)) {
    found.push(
      problem(
        'session-token',
        'There is a session token beside a key that needs none: services refuse the two together.',
        `Delete aws_session_token from the profile ${name} in ${pathOf(files, 'credentials')} and ${pathOf(files, 'config')}.`,
      ),
    );
  }
  if (source === 'credential-process' && credentials.expiration === undefined) {
    found.push(
      note(
        'no-expiration',
        'credential_process prints no Expiration, so a long-running program never asks it again.',
        'Use rotated-credentials credential-process, which does.',
      ),
    );
  }
  found.push(...ofVerdict(facts, endOf(credentials.accessKeyId)));
  if (createdAt !== undefined && daysSince(createdAt, now) > OLD_DAYS) {
    found.push(
      note(
        'key-old',
        `The key is ${daysSince(createdAt, now)} days old.`,
        'Rotate it, or find out why this host still has it: the secret may hold a newer one.',
      ),
    );
  }
  return found;
};

/** Everything to say about a profile on this host, the worst first. */
export const findingsOf = (facts: Facts): readonly Finding[] => {
  const found = [
    ...facts.files.flatMap((file) => inFile(facts, file)),
    ...ofCredentials(facts),
    ...shadows(facts),
    ...inEnvironment(facts),
  ];
  return [...found.filter(({ kind }) => kind === 'problem'), ...found.filter(({ kind }) => kind === 'note')];
};

/** The age of the key in words; undefined if nothing is known of it. */
export const ageOf = (facts: Facts): { readonly days: number; readonly words: string } | undefined => {
  const { createdAt, now, files, profile, credentials } = facts;
  if ('problem' in credentials) return undefined;
  const on = (date: Date) => date.toISOString().slice(0, 10);
  if (createdAt !== undefined) {
    const days = daysSince(createdAt, now);
    return { days, words: `made on ${on(createdAt)}, ${days} days ago` };
  }
  const source = taken(profile).get('SDK for JavaScript');
  const kind =
    source === 'key-in-credentials' ? 'credentials' : source === 'key-in-config' ? 'config' : undefined;
  const changedAt = files.find((file) => file.kind === kind)?.changedAt;
  if (changedAt === undefined) return undefined;
  const days = daysSince(changedAt, now);
  return {
    days,
    words: `its file was changed on ${on(changedAt)}, ${days} days ago (IAM does not tell its age without iam:ListAccessKeys)`,
  };
};
