import type { Behaviour } from '../ground/behaviour';

/**
 * Status of an access key that callers may set. AWS also knows Expired, but does not document its meaning.
 */
export type AccessKeyStatus = 'Active' | 'Inactive';

/** The user that a key belongs to. */
export interface IamUser {
  readonly userName: string;
  readonly userId: string;
  readonly path: string;
  readonly arn: string;
  readonly createDate: Date;
}

/** A use that IAM recorded. */
export interface AccessKeyUse {
  readonly at: Date;
  readonly service: string;
  readonly region: string;
}

/** An access key with its past, as data. */
export interface AccessKeyState {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly createdAt: Date;
  /** Its status at the beginning, and each change. */
  readonly statuses: readonly { readonly at: Date; readonly status: AccessKeyStatus }[];
  /** Uses that IAM has recorded: the last one that it reports, and those that it does not report yet. */
  readonly uses: readonly AccessKeyUse[];
  readonly deletedAt?: Date | undefined;
}

/**
 * IAM User Guide, credential report: when a key is used more than once in a 15-minute span, only the first
 * use is recorded. Documented for the report's column; assumed to hold for GetAccessKeyLastUsed too.
 */
const USE_SPAN = 15 * 60 * 1000;

/**
 * One access key through time. IAM is eventually consistent, so the moment that counts depends on the reader:
 * the control plane sees the key as it is, a list as it was, and authentication as it was some seconds ago.
 */
export class AccessKey {
  /** Create date as IAM returns it, to the second. */
  readonly createDate: Date;
  readonly #createdAt: number;
  readonly #changes: { readonly at: number; readonly status: AccessKeyStatus }[];
  readonly #uses: AccessKeyUse[] = [];
  #deletedAt: number | undefined;

  constructor(
    readonly user: IamUser,
    readonly accessKeyId: string,
    readonly secretAccessKey: string,
    status: AccessKeyStatus,
    createdAt: Date,
  ) {
    this.#createdAt = createdAt.getTime();
    this.createDate = new Date(Math.floor(this.#createdAt / 1000) * 1000);
    this.#changes = [{ at: this.#createdAt, status }];
  }

  /** The key that {@link snapshot} described. */
  static restore(user: IamUser, state: AccessKeyState): AccessKey {
    const { accessKeyId, secretAccessKey, createdAt, statuses, uses, deletedAt } = state;
    const [first, ...changes] = statuses;
    const key = new AccessKey(user, accessKeyId, secretAccessKey, first?.status ?? 'Active', createdAt);
    for (const { at, status } of changes) key.setStatus(status, at);
    for (const use of uses) key.recordUse(use);
    if (deletedAt !== undefined) key.delete(deletedAt);
    return key;
  }

  /** @param published - Uses up to this moment are reported, and only the last of them is kept. */
  snapshot(published: number): AccessKeyState {
    const { accessKeyId, secretAccessKey, deletedAt } = this;
    const told = this.#uses.findLastIndex(({ at }) => at.getTime() <= published);
    return {
      accessKeyId,
      secretAccessKey,
      createdAt: new Date(this.#createdAt),
      statuses: this.#changes.map(({ at, status }) => ({ at: new Date(at), status })),
      uses: this.#uses.slice(Math.max(told, 0)),
      ...(deletedAt && { deletedAt }),
    };
  }

  get status(): AccessKeyStatus {
    return this.#changes.at(-1)?.status ?? 'Active';
  }

  /** When the key got its present status. */
  get statusSince(): Date {
    return new Date(this.#changes.at(-1)?.at ?? this.#createdAt);
  }

  get deletedAt(): Date | undefined {
    return this.#deletedAt === undefined ? undefined : new Date(this.#deletedAt);
  }

  setStatus(status: AccessKeyStatus, now: Date): void {
    if (status !== this.status) {
      this.#changes.push({ at: now.getTime(), status });
    }
  }

  delete(now: Date): void {
    this.#deletedAt ??= now.getTime();
  }

  /** The status at a moment, or undefined if the key did not exist then. */
  statusAt(moment: number): AccessKeyStatus | undefined {
    if (moment < this.#createdAt || (this.#deletedAt !== undefined && moment >= this.#deletedAt)) {
      return undefined;
    }
    return this.#changes.findLast(({ at }) => at <= moment)?.status;
  }

  /**
   * Whether a request signed with the key is accepted. IAM User Guide, troubleshooting "Changes that I make are
   * not always immediately visible": no bound is documented, so the delays are settings.
   */
  authenticatesAt(now: Date, behaviour: Behaviour): boolean {
    const moment = now.getTime();
    const { keyPropagationDelay, statusPropagationDelay } = behaviour;
    if (moment < this.#createdAt + keyPropagationDelay) {
      return false;
    }
    if (this.#deletedAt !== undefined && moment >= this.#deletedAt + statusPropagationDelay) {
      return false;
    }
    const seen =
      this.#changes.findLast(({ at }) => at + statusPropagationDelay <= moment) ?? this.#changes[0];
    return seen?.status === 'Active';
  }

  recordUse(use: AccessKeyUse): void {
    const last = this.#uses.at(-1);
    if (last === undefined || use.at.getTime() - last.at.getTime() >= USE_SPAN) {
      this.#uses.push(use);
    }
  }

  /** The last use that is published at a moment. */
  lastUse(moment: number): AccessKeyUse | undefined {
    return this.#uses.findLast(({ at }) => at.getTime() <= moment);
  }
}
