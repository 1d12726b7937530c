/** Something that a person has to know, in words for that person. It is shown without a stack trace. */
export class Problem extends Error {
  override readonly name = 'Problem';
}
