/** What a read should have shown, and does not. */
export type Unseen =
  /** An execution; or one that began just then; or one that is in the state of this step, with this input. */
  | { readonly code: 'execution' | 'moment-of-execution'; readonly executionArn: string }
  | { readonly code: 'start-of-execution'; readonly executionArn: string; readonly startTime: string }
  /** AWSPENDING on this execution's intent; AWSCURRENT, where two reads disagree; the hold. */
  | { readonly code: 'own-lock' | 'current-of-two-reads' | 'hold'; readonly secretId: string }
  /** AWSPENDING on the intent of an execution that is running. */
  | { readonly code: 'lock-of-running'; readonly secretId: string; readonly executionArn: string }
  /** Where a label is that a compare-and-set did not find where it was seen. */
  | {
      readonly code: 'label';
      readonly label: 'AWSCURRENT' | 'AWSPENDING';
      readonly secretId: string;
    }
  /** A version that a label is on. */
  | { readonly code: 'version'; readonly secretId: string; readonly versionId: string }
  /** AWSCURRENT on the new key. */
  | { readonly code: 'publication'; readonly secretId: string; readonly accessKeyId?: string }
  /** The label of the new key; or that label where it says that the key is condemned. */
  | { readonly code: 'key-label' | 'condemnation'; readonly accessKeyId: string }
  /** The new key in IAM's list. */
  | { readonly code: 'new-key'; readonly userName: string }
  /** The tag that says whose the user is. */
  | { readonly code: 'ownership-mark'; readonly userName: string; readonly tag: string };
