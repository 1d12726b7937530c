import type { CallRecord } from '../../embedded-aws/calls/call-log';
import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { SecretVersion } from '../../embedded-aws/services/secret-versions';
import { LABELS } from '../../lambdas/shared/contract/names';
import { isEmergency } from '../../lambdas/shared/rotation/rotation-state';
import type { DocumentSettings } from '../../lambdas/shared/secret/key-document';
import { parseSecretDocument, type SecretDocument } from '../../lambdas/shared/secret/secret-document';
import { executionArnOf } from '../../lambdas/shared/secret/versions';
import type { RotatedUser } from '../../lib/config';
import { CHECKERS } from '../checkers';
import {
  type Change,
  type Checker,
  changedKeys,
  type End,
  type Facts,
  type KeyFacts,
  type Promised,
  type Snapshot,
} from '../checkers/facts';
import type { InvariantNumber, Violation } from '../schedule/invariants';

/** What is known of a key. It keeps changing. */
export type KnownKey = { -readonly [Field in keyof KeyFacts]: KeyFacts[Field] } & { status: string };

const EVERY_CHECKER = Object.entries(CHECKERS).map(
  ([invariant, checker]) => [Number(invariant) as InvariantNumber, checker] as const,
);

/** What a {@link Monitor} has learnt, and another one may continue from. */
export interface Learnt {
  readonly keys: Readonly<Record<string, KnownKey>>;
  readonly leaked: readonly string[];
  readonly elsewhere?: readonly string[] | undefined;
  readonly alarmed: boolean;
  /** When the consumers' alarm went off in outages. */
  readonly wentOffAt: readonly number[];
  readonly paused: boolean;
  /** Since when AWSCURRENT names its present key. */
  readonly currentSince: number;
  /** When AWSCURRENT last named no working key, if ever. */
  readonly brokenAt?: number | undefined;
}

/** Watches the true state of one user and one secret, gathers the facts, and records every violation. */
export class Monitor implements Facts {
  readonly violations: Violation[] = [];
  /** Called when the rotation has set a key Inactive. */
  onDeactivation: () => void = () => {};
  alarmed = false;
  readonly wentOffAt: number[] = [];
  paused = false;
  held: string | undefined;
  readonly leaked = new Set<string>();
  readonly elsewhere = new Set<string>();
  readonly #aws: EmbeddedAws;
  readonly #userName: string;
  readonly #secretId: string;
  readonly #settings: DocumentSettings;
  readonly keys = new Map<string, KnownKey>();
  /** By their text: the same version is examined after every call. */
  readonly #documents = new Map<string, SecretDocument>();
  /** The call at which each execution first read the result of a person's last act. */
  readonly #reads = new Map<string, { keys?: number; labels?: number; current?: number }>();
  /** Executions that a person has stopped. */
  readonly #stopped = new Set<string>();
  #actedAt: number | undefined;
  disturbed = false;
  #before: Snapshot;
  /** The execution that moved the lock to where it is. */
  #holder: string | undefined;
  currentSince: number;
  brokenAt = Number.NEGATIVE_INFINITY;

  /** @param known - What was learnt before now. Default: the story begins. */
  constructor(
    aws: EmbeddedAws,
    user: Pick<RotatedUser, 'userName' | 'secretId' | 'document' | 'fieldNames'>,
    readonly promised: Promised,
    known?: Learnt,
  ) {
    this.#aws = aws;
    this.#userName = user.userName;
    this.#secretId = user.secretId;
    this.#settings = user;
    this.#before = this.#look();
    for (const [accessKeyId, facts] of Object.entries(known?.keys ?? {})) {
      this.keys.set(accessKeyId, { ...facts });
    }
    for (const [accessKeyId, status] of this.#before.statuses) {
      if (!this.keys.has(accessKeyId)) this.#note(accessKeyId, 'start', status);
    }
    for (const accessKeyId of known?.leaked ?? []) this.leaked.add(accessKeyId);
    for (const accessKeyId of known?.elsewhere ?? []) this.elsewhere.add(accessKeyId);
    this.alarmed = known?.alarmed ?? false;
    this.wentOffAt.push(...(known?.wentOffAt ?? []));
    this.paused = known?.paused ?? false;
    this.brokenAt = known?.brokenAt ?? Number.NEGATIVE_INFINITY;
    this.currentSince = known?.currentSince ?? this.#before.now;
    const { lock } = this.#before;
    this.#holder = lock && executionArnOf(lock.owner);
    this.#learn(this.#before);
  }

  /** What has been learnt so far. */
  get learnt(): Learnt {
    const { leaked, alarmed, wentOffAt, paused, currentSince } = this;
    return {
      keys: Object.fromEntries([...this.keys].map(([accessKeyId, facts]) => [accessKeyId, { ...facts }])),
      leaked: [...leaked],
      ...(this.elsewhere.size > 0 && { elsewhere: [...this.elsewhere] }),
      alarmed,
      wentOffAt: [...wentOffAt],
      paused,
      currentSince,
      brokenAt: Number.isFinite(this.brokenAt) ? this.brokenAt : undefined,
    };
  }

  /** A call has been carried out. */
  observe(record: CallRecord): void {
    const { operation, outcome, sequence, origin } = record;
    if (origin !== undefined && outcome === 'ok') this.#read(origin, record);
    if (operation === 'GetCallerIdentity' && outcome === 'ok') {
      const key = this.keys.get(record.accessKeyId);
      if (key !== undefined) key.tested = true;
      return;
    }
    const after = this.#look();
    for (const [accessKeyId, status] of after.statuses) {
      if (!this.keys.has(accessKeyId)) this.#note(accessKeyId, 'rotation', status);
    }
    if (this.#knewOfAct(origin, sequence)) {
      const change: Change = { before: this.#before, after, origin, holder: this.#holder };
      for (const [invariant, what] of this.#violated(({ onChange }) => onChange?.(change, this))) {
        this.violations.push({ invariant, what: `${what} (${operation})`, call: sequence });
      }
      this.#noteReactivations(change);
    }
    this.#learn(after, origin);
  }

  /**
   * A person has done something: the rotation is not responsible for what is wrong now.
   *
   * @param disturbs - Whether consumers may notice it.
   */
  excuse(disturbs = true): void {
    const after = this.#look();
    this.disturbed ||= disturbs;
    this.#actedAt = after.now;
    this.#reads.clear();
    for (const [accessKeyId, status] of after.statuses) {
      if (!this.keys.has(accessKeyId)) this.#note(accessKeyId, 'person', status);
    }
    this.#learn(after);
  }

  /**
   * A person has started the rotation, or stopped an execution of it, and thereby accepts that the old key
   * may be deactivated again: a rollback that is stopped before it has set the hold leaves none.
   */
  takeCharge(stopped?: string): void {
    if (stopped !== undefined) this.#stopped.add(stopped);
    for (const key of this.keys.values()) key.broughtBack = false;
  }

  /** The consumer has used a key. */
  used(accessKeyId: string): void {
    const key = this.keys.get(accessKeyId);
    if (key === undefined) return;
    key.lastUse = this.#aws.clock.now().getTime();
    // An accepted call proves as much as a test.
    key.tested = true;
  }

  /** A call of the consumer failed with a key that it had read from AWSCURRENT within its cache time. */
  refused(accessKeyId: string): void {
    for (const [invariant, what] of this.#violated(({ onRefusal }) => onRefusal?.(accessKeyId, this))) {
      this.violations.push({ invariant, what });
    }
  }

  /** The schedule is over. */
  end(end: End): void {
    for (const [invariant, what] of this.#violated(({ onEnd }) => onEnd?.(end))) {
      this.violations.push({ invariant, what });
    }
  }

  /** The present state. */
  get snapshot(): Snapshot {
    return this.#look();
  }

  /** The key that AWSCURRENT names. */
  get current(): string | undefined {
    return this.#look().current;
  }

  /** Keys that the rotation created and that are neither in AWSCURRENT nor gone. */
  get strays(): readonly string[] {
    const { statuses, current } = this.#look();
    return [...this.keys]
      .filter(([id, { madeBy }]) => madeBy === 'rotation' && id !== current && statuses.has(id))
      .map(([id]) => id);
  }

  *#violated(
    check: (checker: Checker) => Iterable<string> | undefined,
  ): Generator<readonly [InvariantNumber, string]> {
    for (const [invariant, checker] of EVERY_CHECKER) {
      for (const what of check(checker) ?? []) yield [invariant, what];
    }
  }

  /** Records when an execution has seen the keys, and the secret, as they are since a person's last act. */
  #read(origin: string, { operation, sequence }: CallRecord): void {
    const reads = this.#reads.get(origin) ?? {};
    this.#reads.set(origin, reads);
    const now = this.#aws.clock.now().getTime();
    const { iamReadLag, secretsReadLag } = this.#aws.behaviour;
    const shows = (lag: number) => now - lag >= (this.#actedAt ?? now - lag);
    if (operation === 'ListAccessKeys' && shows(iamReadLag)) reads.keys ??= sequence;
    if (operation === 'DescribeSecret' && shows(secretsReadLag)) reads.labels ??= sequence;
    if (operation === 'GetSecretValue' && shows(secretsReadLag)) reads.current ??= sequence;
  }

  /**
   * Whether an execution could have seen a person's last act when it made a call. IAM has no conditional
   * writes: no rotation can respect a change between its last read and its write, however late the write
   * takes effect.
   */
  #knewOfAct(origin: string | undefined, sequence: number): boolean {
    if (this.#actedAt === undefined || origin === undefined) return true;
    const { keys, labels, current } = this.#reads.get(origin) ?? {};
    return [keys, labels, current].every((read) => read !== undefined && read < sequence);
  }

  readonly alias = (accessKeyId: string | undefined): string => {
    if (accessKeyId === undefined) return 'no key';
    const index = [...this.keys.keys()].indexOf(accessKeyId);
    return index < 0 ? 'an unknown key' : `key ${index + 1}`;
  };

  #note(accessKeyId: string, madeBy: KeyFacts['madeBy'], status: string): void {
    const inactiveSince = status === 'Active' ? undefined : this.#aws.clock.now().getTime();
    const unknown = { inactiveSince, currentAt: undefined, lastUse: undefined, broughtBack: false };
    this.keys.set(accessKeyId, { madeBy, status, tested: madeBy !== 'rotation', ...unknown });
  }

  /** The content of the version with a label. */
  #document(label: string, versions: readonly SecretVersion[]): SecretDocument | undefined {
    const version = versions.find(({ labels }) => labels.includes(label));
    if (version?.secretString === undefined) return undefined;
    const text = version.secretString;
    const document = this.#documents.get(text) ?? parseSecretDocument(text, this.#settings);
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
      const none = { current: undefined, currentProblem: undefined, currentIsStrangers: false };
      return { now, statuses, ...none, labels, lock };
    }
    const { accessKeyId, secretAccessKey, text } = document;
    const copied = [...this.keys.keys()].find((id) => id !== accessKeyId && text.includes(id));
    const status = statuses.get(accessKeyId);
    const problem =
      status === undefined
        ? 'does not exist'
        : status !== 'Active'
          ? `is ${status}`
          : iam.credential(accessKeyId)?.secretAccessKey === secretAccessKey
            ? copied && `stands beside a copy of ${this.alias(copied)}`
            : 'has another secret';
    const named = iam.key(accessKeyId);
    const currentIsStrangers = named?.status === 'Active' && named.userName !== this.#userName;
    return {
      now,
      statuses,
      current: accessKeyId,
      currentProblem: problem,
      currentIsStrangers,
      labels,
      lock,
    };
  }

  /** Records which keys a rollback has brought back. */
  #noteReactivations(change: Change): void {
    const { before, origin } = change;
    // In an emergency a key is set Active to take the leaked one's place, and is an ordinary key from then
    // on.
    const takesPlace = before.lock !== undefined && isEmergency(before.lock);
    for (const { accessKeyId, is } of changedKeys(change, this)) {
      const key = this.keys.get(accessKeyId);
      if (key === undefined || is !== 'Active') continue;
      key.broughtBack = !takesPlace && (origin === undefined || !this.#stopped.has(origin));
    }
  }

  readonly isTooNew = (accessKeyId: string): boolean => {
    const { iam, clock, behaviour } = this.#aws;
    const credential = iam.credential(accessKeyId);
    return credential?.status === 'Active' && !credential.authenticatesAt(clock.now(), behaviour);
  };

  readonly secretHolds = (accessKeyId: string): boolean => {
    const versions = this.#aws.secretsManager.secret(this.#secretId)?.versions ?? [];
    return versions.some(({ secretString }) => {
      const document =
        secretString === undefined ? undefined : parseSecretDocument(secretString, this.#settings);
      return document?.kind === 'access-key' && document.accessKeyId === accessKeyId;
    });
  };

  /** @param origin - The execution that has changed something. */
  #learn(snapshot: Snapshot, origin?: string): void {
    const { now, statuses, current, currentProblem, lock } = snapshot;
    // An owner's name does not tell several executions with that name apart.
    if (lock?.owner !== this.#before.lock?.owner) this.#holder = lock && origin;
    if (current !== this.#before.current) this.currentSince = now;
    if (current === undefined || currentProblem !== undefined) this.brokenAt = now;
    for (const [accessKeyId, key] of this.keys) {
      const status = statuses.get(accessKeyId) ?? 'deleted';
      if (status !== key.status) {
        key.inactiveSince = status === 'Active' ? undefined : (key.inactiveSince ?? now);
        key.status = status;
        if (status === 'Inactive') this.onDeactivation();
      }
      // AWSCURRENT has named it until now, whatever it names from here on.
      if (accessKeyId === current || accessKeyId === this.#before.current) key.currentAt = now;
    }
    this.#before = snapshot;
  }
}
