import { readFile, stat } from 'node:fs/promises';
import { IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { asJavaScriptReads, asPythonReads } from '../file/file-readers';
import { ambiguityIn } from '../file/profile-editor';
import { fileNames, type ProfileFile, profileFile } from '../ground/paths';
import { describeError, endOf, isKeyRefused, RotatedCredentialsError } from '../ground/problems';
import { within } from '../ground/time-limit';
import { READ_LIMIT_WITHOUT_KEY_MS } from '../ground/timing';
import { PROGRAMS, type Program, SOURCE_NAMES } from '../host/credential-source';
import { clientConfigNow, hostProfile, regionOf } from '../host/host';
import type { HostProfile } from '../host/profile';
import { explainSearch } from '../host/search-problems';
import {
  ageOf,
  type Credentials,
  type Facts,
  type FileFacts,
  findingsOf,
  taken,
  type Verdict,
  whyTaken,
} from './diagnosis';
import type { DoctorCommand } from './options';
import type { Surroundings } from './surroundings';

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code ?? 'unknown');

/** The parsers of a file. Each may give up. */
const READERS: Readonly<Record<Program, (text: string) => { readonly profiles: unknown }>> = {
  'SDK for JavaScript': asJavaScriptReads,
  'AWS CLI and Python': asPythonReads,
};

const misnamedIn = (text: string, kind: ProfileFile, name: string): string | undefined => {
  const headers = [...asJavaScriptReads(text).headers.values()];
  const wrong = kind === 'config' && name !== 'default' ? name : `profile ${name}`;
  const isWrong = kind === 'credentials' || name !== 'default';
  return isWrong && headers.includes(wrong) ? wrong : undefined;
};

const lookAt = async (kind: ProfileFile, name: string): Promise<FileFacts> => {
  const path = profileFile(kind);
  const nothing = { kind, path, givenUpBy: [], isOpen: false };
  if (path === undefined) return { ...nothing, unreadable: 'ENOENT' };
  try {
    const { mode, mtime } = await stat(path);
    const bytes = await readFile(path, 'latin1');
    const text = Buffer.from(bytes, 'latin1').toString('utf8');
    const ambiguous = ambiguityIn(bytes);
    const misnamed = misnamedIn(text, kind, name);
    return {
      ...nothing,
      changedAt: mtime,
      isOpen: process.platform !== 'win32' && (mode & 0o004) !== 0,
      givenUpBy: PROGRAMS.filter((program) => READERS[program](text).profiles === undefined),
      ...(ambiguous !== undefined && { ambiguous }),
      ...(misnamed !== undefined && { misnamed }),
    };
  } catch (error) {
    return { ...nothing, unreadable: codeOf(error) };
  }
};

const ignore = (): void => {};

/** The SDK's own warnings say the same as our messages, in other words. */
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Clients with the credentials of the profile, which reach AWS the way this host does. */
const clients = async (profile: HostProfile, { region }: DoctorCommand) => {
  const config = {
    profile: profile.name,
    region: region ?? regionOf(profile) ?? 'us-east-1',
    maxAttempts: 2,
    logger: SILENT,
  };
  return {
    sts: new STSClient(await clientConfigNow(config, 'sts')),
    iam: new IAMClient(await clientConfigNow(config, 'iam')),
  };
};

type Clients = Awaited<ReturnType<typeof clients>>;

const credentialsOf = async (profile: HostProfile, { sts }: Clients): Promise<Credentials> => {
  try {
    const { accessKeyId, sessionToken, expiration } = await within(
      READ_LIMIT_WITHOUT_KEY_MS,
      'The source of its credentials',
      () => sts.config.credentials(),
    );
    return { accessKeyId, hasSessionToken: sessionToken !== undefined, expiration };
  } catch (error) {
    if (error instanceof RotatedCredentialsError) return { problem: error.message.replace(/\.$/, '') };
    return { problem: describeError(explainSearch(error, profile)) };
  }
};

const signal = () => ({ abortSignal: AbortSignal.timeout(READ_LIMIT_WITHOUT_KEY_MS) });

/** Every caller may ask who it is: it needs no permission, and a key that works gets an answer. */
const verdictOf = async ({ sts }: Clients): Promise<Verdict> => {
  try {
    const { Arn = 'unknown' } = await sts.send(new GetCallerIdentityCommand({}), signal());
    return { accepted: true, arn: Arn };
  } catch (error) {
    const code = (error as Error).name;
    const isRefused = isKeyRefused(error) || code === 'SignatureDoesNotMatch' || code === 'ExpiredToken';
    return isRefused ? { accepted: false, code } : { accepted: undefined, problem: describeError(error) };
  }
};

const createdAt = async (accessKeyId: string, { iam }: Clients): Promise<Date | undefined> => {
  try {
    // Without a name these are the keys of the calling user, at most two.
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({}), signal());
    return AccessKeyMetadata.find((key) => key.AccessKeyId === accessKeyId)?.CreateDate;
  } catch {
    // Few users have the permission. The age is reported as unknown.
    return undefined;
  }
};

const factsOf = async (command: DoctorCommand): Promise<Facts> => {
  const { profile: name } = command;
  const [read, ...files] = await Promise.all([
    hostProfile(name),
    lookAt('config', name),
    lookAt('credentials', name),
  ]);
  const { AWS_PROFILE } = process.env;
  const isThere = read.config !== undefined || read.credentials !== undefined;
  const about = {
    name,
    now: new Date(),
    profile: isThere ? read : undefined,
    files,
    variables: new Set(Object.keys(process.env).filter((variable) => process.env[variable])),
    environmentProfile: AWS_PROFILE || undefined,
    verdict: undefined,
    createdAt: undefined,
  };
  if (!isThere) return { ...about, credentials: { problem: `there is none of that name in ${fileNames()}` } };
  let asked: Clients;
  try {
    asked = await clients(read, command);
  } catch (error) {
    return { ...about, credentials: { problem: describeError(error) } };
  }
  const credentials = await credentialsOf(read, asked);
  if ('problem' in credentials) return { ...about, credentials };
  const verdict = await verdictOf(asked);
  return {
    ...about,
    credentials,
    verdict,
    createdAt: verdict.accepted === true ? await createdAt(credentials.accessKeyId, asked) : undefined,
  };
};

const awsSays = (verdict: Verdict | undefined): string => {
  if (verdict === undefined) return 'was not asked';
  if (verdict.accepted === undefined) return 'could not be asked';
  return verdict.accepted ? `accepts it, as ${verdict.arn}` : `refuses it (${verdict.code})`;
};

/** Programs that take the same source, together. */
const choices = (facts: Facts): string => {
  const bySource = new Map<string, Program[]>();
  for (const [program, source] of taken(facts.profile)) {
    const name = source === undefined ? 'nothing' : SOURCE_NAMES[source];
    bySource.set(name, [...(bySource.get(name) ?? []), program]);
  }
  return [...bySource].map(([name, programs]) => `${name} (${programs.join('; ')})`).join(', or ');
};

const asText = (facts: Facts): string => {
  const { name, credentials, verdict } = facts;
  const findings = findingsOf(facts);
  const key =
    'problem' in credentials
      ? 'none'
      : `ends in ${endOf(credentials.accessKeyId)}, ${ageOf(facts)?.words ?? 'of unknown age'}`;
  const lines = [
    `Profile  ${name}, in ${fileNames()}`,
    `Source   ${choices(facts)}`,
    `Why      ${whyTaken(facts.profile)}`,
    `Key      ${key}`,
    `AWS      ${awsSays(verdict)}`,
    '',
    ...findings.map(
      ({ kind, message, change }) =>
        `${kind === 'problem' ? 'Problem' : 'Note'}: ${message}\n  Change: ${change}`,
    ),
    ...(findings.length === 0 ? ['Nothing is wrong.'] : []),
  ];
  return `${lines.join('\n')}\n`;
};

const asJson = (facts: Facts): string => {
  const { name, credentials, verdict, files } = facts;
  const age = ageOf(facts);
  const isKnown = !('problem' in credentials);
  const document = {
    profile: name,
    files: Object.fromEntries(files.map(({ kind, path }) => [kind, path])),
    sources: Object.fromEntries(
      [...taken(facts.profile)].map(([program, source]) => [program, source ?? null]),
    ),
    why: whyTaken(facts.profile),
    accessKeyIdEnd: isKnown ? endOf(credentials.accessKeyId) : null,
    expiration: isKnown ? (credentials.expiration?.toISOString() ?? null) : null,
    ageDays: age?.days ?? null,
    accepted: verdict?.accepted ?? null,
    identity: verdict?.accepted === true ? verdict.arn : null,
    findings: findingsOf(facts),
  };
  return `${JSON.stringify(document)}\n`;
};

/** Says what SDKs on this host use for a profile, and what to change. It changes nothing itself. */
export const examine = async (command: DoctorCommand, { out }: Surroundings): Promise<number> => {
  const facts = await factsOf(command);
  out(command.json ? asJson(facts) : asText(facts));
  return findingsOf(facts).some(({ kind }) => kind === 'problem') ? 1 : 0;
};
