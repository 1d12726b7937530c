/*
 * What a picture of a rotation shows: plain data, whoever has recorded it. What nobody has recorded is undefined, and then the picture
 * leaves it out and says so; a list without entries says that there was nothing.
 */

/** From one moment to another. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** The part that a key has in the rotation that is shown: it decides its name and its colour. */
export type KeyRole = 'old' | 'new' | 'other';

/** An access key for as long as it exists within the picture. */
export interface KeyLane {
  readonly accessKeyId: string;
  /** In order and without gaps. One that begins with the picture is older than it. A status that nobody knows is undefined. */
  readonly spans: readonly (Span & { readonly status: string | undefined })[];
}

/** A staging label of the secret. */
export interface LabelLane {
  readonly label: string;
  /** In order. What the version with the label holds: an access key, or something else in a few words. */
  readonly spans: readonly (Span & { readonly accessKeyId?: string | undefined; readonly holds: string })[];
}

/** A program that uses the user's keys. */
export interface ConsumerLane {
  readonly name: string;
  /** In order: calls in a row with one key, of which all succeeded or all failed. */
  readonly spans: readonly (Span & {
    readonly accessKeyId: string | undefined;
    readonly calls: number;
    readonly failed: boolean;
  })[];
}

/** An execution of the state machine. */
export interface ExecutionLane extends Span {
  /** What it is, in a word: `rotation`, `rollback`. */
  readonly name: string;
  /** Who has started it. Undefined: nobody says. */
  readonly by?: string | undefined;
  /** How it has ended, in a few words. Undefined: it has not. */
  readonly end: string | undefined;
  readonly failed: boolean;
  /** The states in which it did nothing but wait, without `Wait for`. */
  readonly waits: readonly (Span & { readonly name: string })[];
  readonly checks: readonly Date[];
}

/** Everything that a picture shows. Times outside of the picture are drawn at its edges. */
export interface PictureData extends Span {
  readonly userName: string;
  /** How it went, in a few words: what the picture is looked at for. */
  readonly verdict: string;
  /** By access key ID. A key that is not here is another one. */
  readonly roles: Readonly<Record<string, KeyRole>>;
  readonly keys: readonly KeyLane[] | undefined;
  readonly labels: readonly LabelLane[] | undefined;
  readonly consumers: readonly ConsumerLane[] | undefined;
  readonly executions: readonly ExecutionLane[] | undefined;
  readonly messages: readonly { readonly at: Date; readonly subject: string }[] | undefined;
  /** What none of these shows, in sentences. */
  readonly remarks: readonly { readonly at: Date; readonly text: string }[];
  /** What is not known, and why, in sentences. */
  readonly notes: readonly string[];
}
