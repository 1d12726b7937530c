/** Settings of a section of a file, by name. */
export type Properties = Readonly<Record<string, string | undefined>>;

/** A profile as ~/.aws/config and ~/.aws/credentials have it by now. */
export interface HostProfile {
  readonly name: string;
  /** What the file with the configuration says; undefined when it does not name the profile. */
  readonly config: Properties | undefined;
  /** What the file with the credentials says; undefined when it does not name the profile. */
  readonly credentials: Properties | undefined;
  /** The section [services ...] that the profile names; undefined when there is none of that name. */
  readonly services: Properties | undefined;
}
