import type { ServiceName } from '../../embedded-aws/calls/call-log';
import type { StepName } from '../../lambdas/shared/contract/steps';

/** The parts of a schedule besides its faults. */
interface Setting {
  readonly shape: ShapeName;
  /** Seed of all identifiers and of all random delays. */
  readonly seed: number;
  readonly world?: WorldSettings;
  /** How often the user's rotation checks, if not as usual. The configuration allows a minute and more. */
  readonly intervals?: { readonly healthCheckInterval?: string; readonly adoptionCheckInterval?: string };
}

/**
 * A schedule: everything that happens to a simulated rotation, as data. The same schedule gives the same
 * history, byte for byte.
 */
export interface Schedule extends Setting {
  readonly faults: readonly Fault[];
}

/**
 * A schedule as people write and read it. `numbered` turns it into a {@link Schedule}, and `named` is its
 * inverse.
 */
export interface NamedSchedule extends Setting {
  /** In the order in which they happen. */
  readonly faults: readonly NamedFault[];
}

/** The situations in which a rotation is begun or continued. */
export const SHAPES = {
  ordinary: 'one key, which is in the secret',
  'first-key': 'no key yet',
  'key-not-in-secret': 'one key, which is in no secret yet',
  resumed: 'one key, and a rotation that was stopped after publication',
  'rolled-back': 'the consumers fail after deactivation; a schedule meets the hold, then a person lifts it',
  'rolled-back-by-hand': 'a person brings the old key back in the recovery period, and resumes later',
  'only-key-leaked': 'an emergency with the user’s only key',
  'outage-accepted': 'an emergency with the user’s only key, in which an outage is accepted',
  'old-key-leaked': 'an emergency with the old key, in the overlap period',
  'new-key-leaked': 'an emergency with the new key, in the overlap period',
  'new-key-leaked-late': 'an emergency with the new key, in the recovery period',
  'both-keys-leaked': 'two emergencies, the second one half a minute after the first',
  'leaked-beside-foreign': 'an emergency, and a person’s Inactive key takes the place of another',
  paused: 'one key; the user is paused from the overlap period on, for two days',
  'deadline-missed': 'consumers move only after the adoption deadline; the next scheduled start goes on',
  'owner-refuses':
    'the owner refuses the deactivation; a schedule meets the hold, a person resumes, the owner agrees',
  'enrolled-elsewhere':
    'one key, which the secret of another stack holds; a start is refused, then a person takes the user over',
  'owners-document':
    'one key, in a secret of its owner’s: two fields of other names, and a copy further down',
  'owner-asked': 'one key; the owner’s validator is asked, and the owner has to acknowledge the deactivation',
  noticed:
    'one key that is due; the schedule gives notice of the rotation, and starts once more while people are told',
} as const;

export type ShapeName = keyof typeof SHAPES;

/** How AWS behaves throughout a schedule. */
export interface WorldSettings {
  /** A new key is refused for this long. */
  readonly keyPropagationSeconds?: number;
  /** Maximum age of what IAM's reads return, each read on its own. */
  readonly iamLagSeconds?: number;
  /** Maximum age of what Secrets Manager's reads return, each read on its own. */
  readonly secretsLagSeconds?: number;
  /** Maximum age of what DescribeExecution returns, each answer on its own. */
  readonly executionLagSeconds?: number;
  /** Every execution takes the name of one that is over. */
  readonly namesUsedAgain?: true;
  /** A version that loses AWSCURRENT loses every label that is not Secrets Manager's own. */
  readonly ownLabelsVanish?: true;
  /** Maximum age of what CloudWatch's reads return, each read on its own. */
  readonly alarmLagSeconds?: number;
  /** The clock of IAM is ahead of the others by this much, or behind. */
  readonly iamClockSkewSeconds?: number;
  /** The clocks of the functions' hosts are ahead or behind by up to this much, each on its own. */
  readonly functionClockSkewSeconds?: number;
  /** An event takes this long to appear in CloudTrail; null: it never does. */
  readonly cloudTrailSeconds?: number | null;
  /** CloudTrail forgets an event after this long. */
  readonly cloudTrailMemorySeconds?: number;
  /** The user reads its own secret every ten minutes, with the key that it has read last. */
  readonly readsItself?: boolean;
  /** The application works only this often, instead of twice an hour. */
  readonly worksEveryHours?: number;
}

/** A person's acts, in the present state. */
export const ACTS = [
  'deactivate-old-key',
  'deactivate-new-key',
  'reactivate-old-key',
  'delete-old-key',
  'delete-new-key',
  'create-key',
  'edit-field',
  'put-old-key-back',
  'put-own-key',
  'put-strangers-key',
  'empty-secret',
  'schedule-deletion',
  'remove-secret',
  'remove-lock',
  'mark-for-other',
  'remove-mark',
] as const;

export type Act = (typeof ACTS)[number];

/** A call by its description. It keeps its meaning if other steps make more calls, or fewer. */
export interface Position {
  /** The call's IAM action, such as `iam:CreateAccessKey`. */
  readonly call: `${ServiceName}:${string}`;
  /** The step whose function makes it. Default: any. */
  readonly by?: StepName;
  /** Its number among these in the whole schedule, from 1. */
  readonly nth: number;
  /** Not this call, but the one that arrives this many calls after it, whatever it is. */
  readonly after?: number;
}

/** What goes wrong. */
export type Mishap =
  | { readonly kind: 'fails'; readonly as: 'connection' | 'http-500' }
  | { readonly kind: 'answer-lost'; readonly as: 'connection' | 'http-500' }
  /** The connection breaks, and the call takes effect later, even if its caller is dead by then. */
  | { readonly kind: 'late'; readonly seconds: number }
  /** The connection breaks, the function dies, and the call takes effect later. */
  | { readonly kind: 'late-after-death'; readonly seconds: number }
  /** The same, and an operator stops the execution at this moment. */
  | { readonly kind: 'late-after-stop'; readonly seconds: number }
  | { readonly kind: 'throttled'; readonly seconds: number }
  /** Policies change: from this call on, every call of the functions is denied for this long. */
  | { readonly kind: 'denied'; readonly seconds: number }
  /** The policy of the secret's KMS key changes: for this long, no version is read or stored. */
  | { readonly kind: 'kms-denied'; readonly seconds: number }
  /** The call takes effect at once, and its answer takes this long. */
  | { readonly kind: 'slow'; readonly seconds: number }
  /**
   * The function pauses for this long before it makes this call: everything that it has read by then grows
   * old.
   */
  | { readonly kind: 'paused'; readonly seconds: number }
  | { readonly kind: 'dies' | 'hangs'; readonly when: 'before' | 'after' }
  /** Step Functions loses the function's answer; the function goes on, unobserved. */
  | { readonly kind: 'unobserved' }
  /** Lambda does not run the next function that is invoked. */
  | { readonly kind: 'not-run' }
  /** An operator stops the execution that makes this call. */
  | { readonly kind: 'stopped'; readonly when: 'before' | 'after' }
  /** The same, and redrives it. */
  | { readonly kind: 'redriven'; readonly seconds: number }
  /** Another execution starts for the same user. */
  | { readonly kind: 'second-start'; readonly trigger: 'manual' | 'schedule'; readonly times: 1 | 2 }
  /** A key that was accepted before is refused once. */
  | { readonly kind: 'key-refused' }
  /** A minute later the consumers fail for this long: their alarm goes off, and recovers. */
  | { readonly kind: 'outage'; readonly seconds: number }
  | { readonly kind: 'person'; readonly act: Act; readonly when: 'before' | 'after' };

/**
 * What goes wrong, and at which call: `at` counts the AWS calls of the schedule from 1. A fault whose call is
 * never made does not happen.
 */
export type Fault = { readonly at: number } & Mishap;

/** What goes wrong, and at which call, by its description. A number is allowed if no such call is made. */
export type NamedFault = { readonly at: Position | number } & Mishap;

/**
 * Ends a switch over the kinds of something. A kind that the switch forgets does not compile.
 *
 * Checked by adding a kind, an act and a shape and running `npx tsc`. A new kind of fault fails in five
 * places: its name (`nameOf`), its effect on a call and on a function (twice in the saboteur), whether it is
 * tried at every call (`NOT_TRIED`), and, if it has a length, whether random schedules vary it (`VARIED`). A
 * new act fails in the saboteur, and is tried automatically. A new shape fails in what is done in it, in what
 * the user has at its start, and in the test of how it ends.
 */
export const forgotten = (kind: never): never => {
  throw new Error(`There is no such kind: ${JSON.stringify(kind)}`);
};

/** The name of a fault, for people and for counting: without the call, and without lengths of time. */
export const nameOf = (fault: Mishap): string => {
  switch (fault.kind) {
    case 'fails':
    case 'answer-lost':
      return `${fault.kind} (${fault.as})`;
    case 'throttled':
      return fault.seconds > 0 ? 'throttled for a while' : 'throttled once';
    case 'dies':
    case 'hangs':
    case 'stopped':
      return `${fault.kind} ${fault.when} the call`;
    case 'second-start':
      return `${fault.kind} (${fault.trigger}${fault.times > 1 ? ', twice' : ''})`;
    case 'person':
      return `a person: ${fault.act} ${fault.when} the call`;
    case 'late':
    case 'late-after-death':
    case 'late-after-stop':
    case 'slow':
    case 'paused':
    case 'unobserved':
    case 'not-run':
    case 'redriven':
    case 'key-refused':
    case 'outage':
    case 'denied':
    case 'kms-denied':
      return fault.kind;
    default:
      return forgotten(fault);
  }
};
