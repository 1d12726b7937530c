/** An access key as IAM lists it. */
export interface AccessKey {
  readonly accessKeyId: string;
  /** `Expired` exists in the API without documented meaning for user keys; anything but `Active` is unusable. */
  readonly status: string;
  readonly createDate: Date;
}

/** A secret access key in transit. Held in memory only as long as one step needs it. */
export interface AccessKeyMaterial {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly userName: string;
  /** When IAM says that it created the key. */
  readonly createDate: Date;
}
