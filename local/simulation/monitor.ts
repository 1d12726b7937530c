import { isEmergency } from '../../lambdas/shared/rotation-state';
import { type Intent, parseSecretDocument, type SecretDocument } from '../../lambdas/shared/secret-document';
import { executionArnOf, keyLabel, LABELS } from '../../lambdas/shared/versions';
import type { CallRecord } from '../aws/call-log';
import type { EmbeddedAws } from '../aws/embedded-aws';
import type { SecretVersion } from '../aws/services/secret-versions';

/** What is asserted after every call, in the numbering of the README's guarantees. */
export const INVARIANTS = {
  1: 'whoever reads the secret gets a key that works',
  2: 'the old key is not deactivated early',
  3: 'the old key is not deleted early',
  4: 'no key is lost',
  5: 'key material is nowhere but in memory, in the secret and in signatures',
  6: 'nobody else’s keys are touched',
  7: 'one rotation per user at a time',
  8: 'faults end safely',
} as const;

export type InvariantNumber = keyof typeof INVARIANTS;

/** A state that one of the rotation's own calls caused, or made worse. */
export interface Violation {
  readonly invariant: InvariantNumber;
  readonly what: string;
  /** The call after which it was seen; undefined at the end of the schedule. */
  readonly call?: number;
}

/** The periods that were promised, in milliseconds. */
export interface Promised {
  readonly overlapPeriod: number;
  readonly quietPeriod: number;
  readonly recoveryPeriod: number;
  /** How long consumers go on with what they have read. */
  readonly cache: number;
}

/**
 * IAM notes the first of several uses within 15 minutes only, shows it late, and by its own clock. So much of the quiet
 * period cannot be promised.
 */
const COARSENESS_MS = 25 * 60_000;

/** Timestamps in the rotation's state have no more than milliseconds, IAM's no more than seconds. */
const ROUNDING_MS = 1_000;

/** What is true of a key, and not to be seen from what is there. Times are in milliseconds. */
export interface KeyFacts {
  readonly madeBy: 'start' | 'rotation' | 'person';
  status: string;
  inactiveSince?: number | undefined;
  /** When AWSCURRENT last named it. */
  currentAt?: number | undefined;
  tested: boolean;
  lastUse?: number | undefined;
  /** A rollback has set it Active again, and no person has taken charge since. */
  broughtBack: boolean;
}

/** What a {@link Monitor} has learnt, and another one may go on from. */
export interface Facts {
  readonly keys: Readonly<Record<string, KeyFacts>>;
  readonly leaked: readonly string[];
  readonly alarmed: boolean;
  readonly paused: boolean;
  /** Since when AWSCURRENT names the key that it names. */
  readonly currentSince: number;
  /** When AWSCURRENT last named no key that works, if ever. */
  readonly brokenAt?: number | undefined;
}

/** The state that the invariants are about. */
interface Snapshot {
  readonly now: number;
  readonly statuses: ReadonlyMap<string, string>;
  readonly current: string | undefined;
  /** Why the key that AWSCURRENT names is of no use; undefined when it is. */
  readonly currentProblem: string | undefined;
  /** Staging labels in use. */
  readonly labels: ReadonlySet<string>;
  /** The intent that AWSPENDING is on. */
  readonly lock: Intent | undefined;
}

/** Watches the true state of one user and one secret, and notes every violation. */
export class Monitor {
  readonly violations: Violation[] = [];
  /** Told when the rotation has set a key Inactive. */
  onDeactivation: () => void = () => {};
  /** The consumers' alarm is in ALARM. */
  alarmed = false;
  /** A person has paused the user. */
  paused = false;
  /** Keys that a person has called leaked: nobody waits for who uses them, and nothing brings them back. */
  readonly leaked = new Set<string>();
  readonly #aws: EmbeddedAws;
  readonly #userName: string;
  readonly #secretId: string;
  readonly #promised: Promised;
  readonly #keys = new Map<string, KeyFacts>();
  /** By their text: the same version is looked at after every call. */
  readonly #documents = new Map<string, SecretDocument>();
  /** At which call each execution has first read what a person's last act has left. */
  readonly #reads = new Map<string, { keys?: number; labels?: number; current?: number }>();
  /** Executions that a person has stopped. */
  readonly #stopped = new Set<string>();
  #actedAt: number | undefined;
  /** A person has done something that consumers may feel. */
  #disturbed = false;
  #before: Snapshot;
  #currentSince: number;
  /** When AWSCURRENT last named no key that works. */
  #brokenAt = Number.NEGATIVE_INFINITY;

  /** @param known - what was learnt before now. Default: the story begins. */
  constructor(aws: EmbeddedAws, userName: string, secretId: string, promised: Promised, known?: Facts) {
    this.#aws = aws;
    this.#userName = userName;
    this.#secretId = secretId;
    this.#promised = promised;
    this.#before = this.#look();
    for (const [accessKeyId, facts] of Object.entries(known?.keys ?? {})) {
      this.#keys.set(accessKeyId, { ...facts });
    }
    for (const [accessKeyId, status] of this.#before.statuses) {
      if (!this.#keys.has(accessKeyId)) this.#note(accessKeyId, 'start', status);
    }
    for (const accessKeyId of known?.leaked ?? []) this.leaked.add(accessKeyId);
    this.alarmed = known?.alarmed ?? false;
    this.paused = known?.paused ?? false;
    this.#brokenAt = known?.brokenAt ?? Number.NEGATIVE_INFINITY;
    this.#currentSince = known?.currentSince ?? this.#before.now;
    this.#learn(this.#before);
  }

  /** What has been learnt so far. */
  get facts(): Facts {
    const { leaked, alarmed, paused } = this;
    return {
      keys: Object.fromEntries([...this.#keys].map(([accessKeyId, facts]) => [accessKeyId, { ...facts }])),
      leaked: [...leaked],
      alarmed,
      paused,
      currentSince: this.#currentSince,
      brokenAt: Number.isFinite(this.#brokenAt) ? this.#brokenAt : undefined,
    };
  }

  /** A call has been carried out. */
  observe(record: CallRecord): void {
    const { operation, outcome, sequence, origin } = record;
    if (origin !== undefined && outcome === 'ok') this.#read(origin, record);
    if (operation === 'GetCallerIdentity' && outcome === 'ok') {
      const key = this.#keys.get(record.accessKeyId);
      if (key !== undefined) key.tested = true;
      return;
    }
    const after = this.#look();
    for (const [accessKeyId, status] of after.statuses) {
      if (!this.#keys.has(accessKeyId)) this.#note(accessKeyId, 'rotation', status);
    }
    const judgements = this.#knewOfAct(origin, sequence) ? this.#judge(this.#before, after, origin) : [];
    for (const [invariant, what] of judgements) {
      this.violations.push({ invariant, what: `${what} (${operation})`, call: sequence });
    }
    this.#learn(after);
  }

  /**
   * A person has done something: what is wrong now is not the rotation's doing.
   *
   * @param disturbs - whether consumers may feel it
   */
  excuse(disturbs = true): void {
    const after = this.#look();
    this.#disturbed ||= disturbs;
    this.#actedAt = after.now;
    this.#reads.clear();
    for (const [accessKeyId, status] of after.statuses) {
      if (!this.#keys.has(accessKeyId)) this.#note(accessKeyId, 'person', status);
    }
    this.#learn(after);
  }

  /**
   * A person has started the rotation, or stopped an execution of it, and answers for it that the old key may be
   * deactivated again: a rollback that is stopped before it has set the hold leaves none.
   */
  takeCharge(stopped?: string): void {
    if (stopped !== undefined) this.#stopped.add(stopped);
    for (const key of this.#keys.values()) key.broughtBack = false;
  }

  /** The consumer has used a key. */
  used(accessKeyId: string): void {
    const key = this.#keys.get(accessKeyId);
    if (key === undefined) return;
    key.lastUse = this.#aws.clock.now().getTime();
    // A call that was accepted proves as much as a test.
    key.tested = true;
  }

  /** A call of the consumer failed with a key that it had read from AWSCURRENT within its cache time. */
  refused(accessKeyId: string): void {
    // What a person did to the keys, or has called leaked, the consumer may feel.
    if (this.#disturbed || this.leaked.has(accessKeyId)) return;
    this.violations.push({
      invariant: 1,
      what: `a call of a consumer with ${this.alias(accessKeyId)}, read within its cache time, is refused`,
    });
  }

  /** The key that AWSCURRENT names. */
  get current(): string | undefined {
    return this.#look().current;
  }

  /** Keys that the rotation made and that are neither in AWSCURRENT nor gone. */
  get strays(): readonly string[] {
    const { statuses, current } = this.#look();
    return [...this.#keys]
      .filter(([id, { madeBy }]) => madeBy === 'rotation' && id !== current && statuses.has(id))
      .map(([id]) => id);
  }

  /** Keys that a person created. */
  get foreign(): readonly string[] {
    return [...this.#keys].filter(([, { madeBy }]) => madeBy === 'person').map(([id]) => id);
  }

  /** Notes when an execution has seen the keys, and the secret, as they are since a person's last act. */
  #read(origin: string, { operation, sequence }: CallRecord): void {
    const reads = this.#reads.get(origin) ?? {};
    this.#reads.set(origin, reads);
    const seen = this.#aws.clock.now().getTime() - this.#aws.behaviour.listLag;
    if (operation === 'ListAccessKeys' && seen >= (this.#actedAt ?? seen)) reads.keys ??= sequence;
    if (operation === 'DescribeSecret') reads.labels ??= sequence;
    if (operation === 'GetSecretValue') reads.current ??= sequence;
  }

  /**
   * Whether an execution was able to see what a person did last when it made a call. IAM has no conditional writes: what
   * somebody changes between the rotation's last read and its write, no rotation can respect, however late the write
   * takes effect.
   */
  #knewOfAct(origin: string | undefined, sequence: number): boolean {
    if (this.#actedAt === undefined || origin === undefined) return true;
    const { keys, labels, current } = this.#reads.get(origin) ?? {};
    return [keys, labels, current].every((read) => read !== undefined && read < sequence);
  }

  /** A short name for a key, the same in every run of a schedule. */
  alias(accessKeyId: string | undefined): string {
    if (accessKeyId === undefined) return 'no key';
    const index = [...this.#keys.keys()].indexOf(accessKeyId);
    return index < 0 ? 'an unknown key' : `key ${index + 1}`;
  }

  #note(accessKeyId: string, madeBy: KeyFacts['madeBy'], status: string): void {
    const inactiveSince = status === 'Active' ? undefined : this.#aws.clock.now().getTime();
    const unknown = { inactiveSince, currentAt: undefined, lastUse: undefined, broughtBack: false };
    this.#keys.set(accessKeyId, { madeBy, status, tested: madeBy !== 'rotation', ...unknown });
  }

  /** What the version with a label holds. */
  #document(label: string, versions: readonly SecretVersion[]): SecretDocument | undefined {
    const version = versions.find(({ labels }) => labels.includes(label));
    if (version?.secretString === undefined) return undefined;
    const text = version.secretString;
    const document = this.#documents.get(text) ?? parseSecretDocument(text);
    this.#documents.set(text, document);
    return document;
  }

  #look(): Snapshot {
    const { iam, secretsManager, clock } = this.#aws;
    const now = clock.now().getTime();
    const statuses = new Map(iam.keysOf(this.#userName).map((key) => [key.accessKeyId, key.status]));
    const versions = secretsManager.secret(this.#secretId)?.versions ?? [];
    const document = this.#document(LABELS.current, versions);
    const pending = this.#document(LABELS.pending, versions);
    const lock = pending?.kind === 'intent' ? pending.intent : undefined;
    const labels = new Set(versions.flatMap((version) => version.labels));
    if (document?.kind !== 'access-key') {
      return { now, statuses, current: undefined, currentProblem: undefined, labels, lock };
    }
    const { accessKeyId, secretAccessKey } = document;
    const status = statuses.get(accessKeyId);
    const problem =
      status === undefined
        ? 'does not exist'
        : status !== 'Active'
          ? `is ${status}`
          : iam.credential(accessKeyId)?.secretAccessKey === secretAccessKey
            ? undefined
            : 'has another secret';
    return { now, statuses, current: accessKeyId, currentProblem: problem, labels, lock };
  }

  /** What the rotation's call has made wrong. */
  *#judge(
    before: Snapshot,
    after: Snapshot,
    origin: string | undefined,
  ): Generator<readonly [InvariantNumber, string]> {
    const { now } = after;
    const name = (accessKeyId: string | undefined) => this.alias(accessKeyId);

    if (after.current === undefined && before.current !== undefined) {
      yield [1, `AWSCURRENT names no key any more; it named ${name(before.current)}`];
    }
    if (
      after.currentProblem !== undefined &&
      (after.current !== before.current || after.currentProblem !== before.currentProblem) &&
      !this.#replaces(before, after)
    ) {
      yield [1, `AWSCURRENT names ${name(after.current)}, which ${after.currentProblem}`];
    }
    if (after.current !== undefined && this.#isPublishedUnaccepted(after.current, now)) {
      yield [1, `AWSCURRENT names ${name(after.current)}, which AWS does not accept yet`];
    }
    for (const [accessKeyId, { currentAt }] of this.#keys) {
      if (currentAt === undefined || currentAt < now - this.#promised.cache) continue;
      if (before.statuses.get(accessKeyId) === 'Active' && after.statuses.get(accessKeyId) !== 'Active') {
        if (accessKeyId !== after.current && !this.leaked.has(accessKeyId)) {
          yield [1, `${name(accessKeyId)}, which consumers may still hold in their caches, is taken away`];
        }
      }
    }
    for (const [accessKeyId, status] of before.statuses) {
      const is = after.statuses.get(accessKeyId);
      if (is === status) continue;
      const key = this.#keys.get(accessKeyId);
      if (key === undefined) continue;
      if (this.#isForeign(accessKeyId, key, before)) {
        yield [6, `${name(accessKeyId)}, which a person created, is ${is ?? 'deleted'}`];
      }
      // Of a leak that was called out to an execution which has not had the lock yet, the holder cannot know.
      if (is === 'Active' && before.lock?.leakedAccessKeyIds.includes(accessKeyId) === true) {
        yield [2, `${name(accessKeyId)}, which has leaked, is Active again`];
      }
      if (is === 'Active') {
        // In an emergency a key is set Active to take the leaked one's place, and is an ordinary key from then on.
        const takesPlace = before.lock !== undefined && isEmergency(before.lock);
        key.broughtBack = !takesPlace && (origin === undefined || !this.#stopped.has(origin));
      }
      if (this.paused && is !== 'Active' && key.currentAt !== undefined && !this.leaked.has(accessKeyId)) {
        yield [
          is === undefined ? 3 : 2,
          `${name(accessKeyId)} is ${is ?? 'deleted'} although the user is paused`,
        ];
      }
      if (is === undefined) yield* this.#judgeDeletion(accessKeyId, key, before, after);
      else if (is !== 'Active') yield* this.#judgeDeactivation(accessKeyId, key, after);
    }
    const changesKeys = [...new Set([...before.statuses.keys(), ...after.statuses.keys()])].some(
      (id) => before.statuses.get(id) !== after.statuses.get(id),
    );
    if (origin !== undefined && (changesKeys || before.current !== after.current)) {
      const holder = before.lock === undefined ? undefined : executionArnOf(before.lock.owner);
      if (holder !== origin) {
        yield [7, `an execution that does not hold the lock changes keys or AWSCURRENT`];
      }
    }
  }

  /** A key that a person had deactivated makes room for the one that consumers will read: to them nothing changes. */
  #replaces(before: Snapshot, { current, statuses }: Snapshot): boolean {
    if (current === undefined || current !== before.current || statuses.has(current)) return false;
    return this.#makesRoom(current, before);
  }

  /** For the first time in AWSCURRENT, and AWS would still refuse it. */
  #isPublishedUnaccepted(accessKeyId: string, now: number): boolean {
    const { madeBy, currentAt } = this.#keys.get(accessKeyId) ?? {};
    const credential = this.#aws.iam.credential(accessKeyId);
    return (
      madeBy === 'rotation' &&
      currentAt === undefined &&
      credential?.status === 'Active' &&
      !credential.authenticatesAt(new Date(now), this.#aws.behaviour)
    );
  }

  /** Not the rotation's: a person made it, it was never in the secret, and no rotation began with it as the old key. */
  #isForeign(accessKeyId: string, { madeBy, currentAt }: KeyFacts, { lock }: Snapshot): boolean {
    return madeBy === 'person' && currentAt === undefined && lock?.oldAccessKeyId !== accessKeyId;
  }

  *#judgeDeactivation(
    accessKeyId: string,
    { lastUse, broughtBack }: KeyFacts,
    after: Snapshot,
  ): Generator<readonly [InvariantNumber, string]> {
    const { now, current } = after;
    const name = this.alias(accessKeyId);
    const leaked = this.leaked.has(accessKeyId);
    if (broughtBack && !leaked)
      yield [2, `${name}, which a rollback had brought back, is Inactive again unasked`];
    const successor = current === undefined ? undefined : this.#keys.get(current);
    if (successor === undefined || current === accessKeyId || after.currentProblem !== undefined) {
      yield [2, `${name} is Inactive, and AWSCURRENT names no other key that works`];
      return;
    }
    if (!successor.tested) yield [2, `${name} is Inactive before ${this.alias(current)} was tested`];
    // A leaked key waits for nobody.
    if (leaked) return;
    if (now - this.#currentSince < this.#promised.overlapPeriod - ROUNDING_MS) {
      yield [2, `${name} is Inactive before the overlap period is over`];
    }
    if (lastUse !== undefined && now - lastUse < this.#promised.quietPeriod - COARSENESS_MS) {
      yield [2, `${name} is Inactive although it was in use`];
    }
  }

  *#judgeDeletion(
    accessKeyId: string,
    { madeBy, currentAt, inactiveSince }: KeyFacts,
    before: Snapshot,
    after: Snapshot,
  ): Generator<readonly [InvariantNumber, string]> {
    if (madeBy === 'rotation' && currentAt === undefined) return;
    const name = this.alias(accessKeyId);
    if (this.#makesRoom(accessKeyId, before)) return;
    if (this.alarmed) yield [3, `${name} is deleted although the consumers fail`];
    // From then on it was Inactive, and AWSCURRENT named another key, which worked.
    const since = Math.max(inactiveSince ?? after.now, currentAt ?? Number.NEGATIVE_INFINITY, this.#brokenAt);
    if (after.current === undefined || after.current === accessKeyId) {
      yield [3, `${name} is deleted, and AWSCURRENT names no other key`];
    } else if (after.now - since < this.#promised.recoveryPeriod - ROUNDING_MS) {
      yield [
        3,
        `${name} is deleted before it was Inactive for the recovery period while AWSCURRENT named another Active key`,
      ];
    }
  }

  /**
   * Until consumers read a key that works and has not leaked, an emergency may delete one of two before its time, when the
   * lock says so: a leaked one that nobody can use any more, or that is not the one which consumers read; or the interrupted
   * rotation's old key, unless it could take the leaked one's place.
   */
  #makesRoom(accessKeyId: string, { statuses, current, currentProblem, labels, lock }: Snapshot): boolean {
    if (lock === undefined || lock.leakedAccessKeyIds.length === 0 || statuses.size < 2) return false;
    const served = current !== undefined && currentProblem === undefined;
    if (served && !lock.leakedAccessKeyIds.includes(current)) return false;
    const isInactive = statuses.get(accessKeyId) === 'Inactive';
    if (lock.leakedAccessKeyIds.includes(accessKeyId)) {
      return isInactive || (accessKeyId !== current && served);
    }
    // A person has set it Inactive: before the rotation, or after the emergency had fallen back on it.
    const byHand = lock.inactiveAccessKeyIdsBefore.includes(accessKeyId) || labels.has(keyLabel(accessKeyId));
    const canComeBack = !byHand && this.#secretHolds(accessKeyId);
    return isInactive && accessKeyId === lock.supersededAccessKeyId && !canComeBack;
  }

  #secretHolds(accessKeyId: string): boolean {
    const versions = this.#aws.secretsManager.secret(this.#secretId)?.versions ?? [];
    return versions.some(({ secretString }) => {
      const document = secretString === undefined ? undefined : parseSecretDocument(secretString);
      return document?.kind === 'access-key' && document.accessKeyId === accessKeyId;
    });
  }

  #learn(snapshot: Snapshot): void {
    const { now, statuses, current, currentProblem } = snapshot;
    if (current !== this.#before.current) this.#currentSince = now;
    if (current === undefined || currentProblem !== undefined) this.#brokenAt = now;
    for (const [accessKeyId, key] of this.#keys) {
      const status = statuses.get(accessKeyId) ?? 'deleted';
      if (status !== key.status) {
        key.inactiveSince = status === 'Active' ? undefined : (key.inactiveSince ?? now);
        key.status = status;
        if (status === 'Inactive') this.onDeactivation();
      }
      // AWSCURRENT has named it until now, whichever it names from here on.
      if (accessKeyId === current || accessKeyId === this.#before.current) key.currentAt = now;
    }
    this.#before = snapshot;
  }
}
