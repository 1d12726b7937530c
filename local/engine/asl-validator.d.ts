/** The package has no declarations of its own. */
declare module 'asl-validator' {
  /** Validates a state machine definition. */
  const validate: (
    definition: unknown,
    options?: { readonly checkArn?: boolean; readonly checkPaths?: boolean },
  ) => { readonly isValid: boolean; readonly errorsText: (separator?: string) => string };
  export default validate;
}
