/** Settings of a section of a file, by name. */
export type Properties = Readonly<Record<string, string | undefined>>;

/** A profile as it is now in ~/.aws/config and ~/.aws/credentials. */
export interface HostProfile {
  readonly name: string;
  /** What the file with the configuration says; undefined if it does not name the profile. */
  readonly config: Properties | undefined;
  /** What the file with the credentials says; undefined if it does not name the profile. */
  readonly credentials: Properties | undefined;
  /** The section [services ...] that the profile names; undefined if there is no such section. */
  readonly services: Properties | undefined;
}
