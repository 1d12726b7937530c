import { parse } from '../shared/contract/schema';
import { TRACE_AGAIN_SECONDS } from '../shared/contract/timing';
import type { KeyEvent, RegionAnswer } from '../shared/gateways/key-events-gateway';
import { isEmergency, type Rotation } from '../shared/rotation/rotation-state';
import { type Made, type Most, type Quarantine, type Session, Trace } from '../shared/rotation/trace';

const DAY_MS = 24 * 60 * 60 * 1000;

/** At least so far back, whatever is said: AWS says when it has found a key, and whoever else has found it may have been first. */
const BEFORE_CONTAINMENT_MS = 7 * DAY_MS;

/** CloudTrail API, LookupEvents: "within the last 90 days". */
const MEMORY_MS = 90 * DAY_MS;

/** The keys that are looked up: the one that is retired, and those that were called leaked before it, the latest first. */
const MOST_KEYS = 3;

/** Of each list, so much is kept. */
const MOST_NAMES = 12;
const MOST_MADE = 15;
const MOST_SESSIONS = 10;
const MOST_REGIONS = 60;

/** The keys to look up. */
export const tracedKeys = (rotation: Rotation): readonly string[] => {
  const { oldAccessKeyId, leakedAccessKeyIds } = rotation;
  const retired = isEmergency(rotation) && oldAccessKeyId !== null ? [oldAccessKeyId] : [];
  return [...new Set([...retired, ...leakedAccessKeyIds.toReversed()])].slice(0, MOST_KEYS);
};

/**
 * From when on events are looked up.
 *
 * @param leakedSince - what a person, or AWS, has said.
 */
export const traceFrom = (
  { containedAt, leakedSince }: { readonly containedAt: Date; readonly leakedSince: string | undefined },
  now: Date,
): Date => {
  const usual = containedAt.getTime() - BEFORE_CONTAINMENT_MS;
  const named = leakedSince === undefined ? usual : Date.parse(leakedSince);
  return new Date(Math.max(Math.min(named, usual), now.getTime() - MEMORY_MS));
};

/** When CloudTrail is asked again. */
export const traceAgainAt = (now: Date): Date => new Date(now.getTime() + TRACE_AGAIN_SECONDS * 1000);

/** Calls that create what outlives a key, or give rights to somebody: a table, because CloudTrail does not say it. */
const MAKES: ReadonlySet<string> = new Set([
  'iam:CreateUser',
  'iam:CreateAccessKey',
  'iam:CreateLoginProfile',
  'iam:UpdateLoginProfile',
  'iam:CreateServiceSpecificCredential',
  'iam:UploadSSHPublicKey',
  'iam:UploadSigningCertificate',
  'iam:CreateRole',
  'iam:UpdateAssumeRolePolicy',
  'iam:AttachUserPolicy',
  'iam:PutUserPolicy',
  'iam:DeleteUserPermissionsBoundary',
  'iam:AttachRolePolicy',
  'iam:PutRolePolicy',
  'iam:AttachGroupPolicy',
  'iam:PutGroupPolicy',
  'iam:AddUserToGroup',
  'iam:CreatePolicyVersion',
  'iam:SetDefaultPolicyVersion',
  'iam:AddRoleToInstanceProfile',
  'iam:CreateSAMLProvider',
  'iam:CreateOpenIDConnectProvider',
  'rolesanywhere:CreateTrustAnchor',
  'rolesanywhere:CreateProfile',
  'ec2:RunInstances',
  'ec2:RequestSpotInstances',
  'ec2:RequestSpotFleet',
  'ec2:CreateFleet',
  'ec2:StartInstances',
  'ec2:CreateKeyPair',
  'ec2:ImportKeyPair',
  'lambda:CreateFunction20150331',
  'lambda:UpdateFunctionCode20150331v2',
  'lambda:AddPermission20150331v2',
  'lambda:CreateFunctionUrlConfig',
  'ecs:RunTask',
  'ecs:CreateService',
  'lightsail:CreateInstances',
  's3:PutBucketPolicy',
  'account:EnableRegion',
  'organizations:CreateAccount',
]);

/** AWS STS API: calls whose answer has temporary credentials. */
const OBTAINS: ReadonlySet<string> = new Set([
  'sts:GetSessionToken',
  'sts:GetFederationToken',
  'sts:AssumeRole',
  'sts:AssumeRoot',
]);

const mostOf = (names: readonly string[]): Most => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const most = [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  return { different: counts.size, most: most.slice(0, MOST_NAMES) };
};

const madeOf = ({ call, about, region, at }: KeyEvent): Made => ({
  call,
  about: about.slice(0, MOST_ABOUT),
  region,
  at: at.toISOString(),
});

/** Names of one event. */
const MOST_ABOUT = 6;

const sessionOf = ({ call, obtained, region, at }: KeyEvent): Session => ({
  call,
  accessKeyId: obtained?.accessKeyId ?? null,
  role: obtained?.role ?? null,
  expires: obtained?.expires?.toISOString() ?? null,
  region,
  at: at.toISOString(),
});

/** What was found out. */
export interface TraceFacts {
  readonly looks: number;
  readonly accessKeyIds: readonly string[];
  readonly from: Date;
  readonly until: Date;
  /** Whether AWS has said which Regions there are. */
  readonly listed: boolean;
  readonly answers: readonly RegionAnswer[];
  readonly quarantine: Quarantine;
}

/** What is kept of it. */
export const traceOf = ({
  looks,
  accessKeyIds,
  from,
  until,
  listed,
  answers,
  quarantine,
}: TraceFacts): Trace => {
  const events = answers
    .flatMap((answer) => answer.events)
    .toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.call < b.call ? -1 : 1));
  const succeeded = events.filter(({ error }) => error === undefined);
  const made = succeeded.filter(({ call }) => MAKES.has(call));
  const sessions = succeeded.filter(({ call }) => OBTAINS.has(call));
  return {
    looks,
    accessKeyIds: [...accessKeyIds],
    from: from.toISOString(),
    until: until.toISOString(),
    regions: {
      listed,
      asked: answers.length,
      unanswered: answers
        .flatMap(({ region, extent }) => (extent.kind === 'unanswered' ? [{ region, why: extent.why }] : []))
        .slice(0, MOST_REGIONS),
      cut: answers
        .flatMap(({ region, extent }) =>
          extent.kind === 'cut' ? [{ region, back: extent.back.toISOString() }] : [],
        )
        .slice(0, MOST_REGIONS),
    },
    calls: events.length,
    first: events.at(-1)?.at.toISOString() ?? null,
    last: events[0]?.at.toISOString() ?? null,
    addresses: mostOf(events.map(({ address }) => address)),
    inRegions: mostOf(events.map(({ region }) => region)),
    changes: mostOf(succeeded.flatMap(({ call, readOnly }) => (readOnly ? [] : [call]))),
    reads: mostOf(succeeded.flatMap(({ call, readOnly }) => (readOnly && !OBTAINS.has(call) ? [call] : []))),
    refused: mostOf(events.flatMap(({ call, error }) => (error === undefined ? [] : [`${call} ${error}`]))),
    made: { count: made.length, latest: made.slice(0, MOST_MADE).map(madeOf) },
    sessions: { count: sessions.length, latest: sessions.slice(0, MOST_SESSIONS).map(sessionOf) },
    quarantine,
  };
};

/** Whether everything was read that CloudTrail shows, and IAM has said what is attached. */
export const isComplete = ({ regions, quarantine }: Trace): boolean =>
  regions.listed &&
  regions.unanswered.length === 0 &&
  regions.cut.length === 0 &&
  quarantine.kind !== 'unknown';

/** What a person would read. In the order of the form, as the one that comes out of the state machine. */
const findings = (trace: Trace): string => {
  const { looks, from, until, ...found } = parse(Trace, trace);
  return JSON.stringify(found);
};

/**
 * Whether a person is told of the second look. They know of it from the first message, and silence has to mean that it has shown the same:
 * so they are told if anything differs, and also where the first look has shown nothing, or not all.
 *
 * @param first - undefined: another release has made it.
 */
export const isWorthTelling = (first: Trace | undefined, second: Trace): boolean =>
  first === undefined || first.calls === 0 || !isComplete(first) || findings(first) !== findings(second);
