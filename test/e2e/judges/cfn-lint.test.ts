import { lintFindings } from './cfn-lint';

const match = (path: readonly (string | number)[]) => ({
  Rule: { Id: 'E1' },
  Message: 'wrong',
  Location: { Path: path },
});
const findingsIn = (...matches: object[]) =>
  lintFindings(JSON.stringify(matches), (id) => ({ Q: 'AWS::SQS::Queue' })[id]);

test.each([
  ['of a resource', ['Resources', 'Q', 'Properties', 0], 'AWS::SQS::Queue'],
  ['of a resource that is unknown', ['Resources', 'X'], 'Resources'],
  ['of another section', ['Outputs', 'Q'], 'Outputs'],
  ['of the whole template', [], 'the template'],
])('a finding of cfn-lint %s names its kind', (_what, path, on) => {
  expect(findingsIn(match(path))).toEqual([{ rule: 'E1', on, says: `wrong (${path.join('/')})` }]);
});

test('cfn-lint may find nothing, and many', () => {
  expect(findingsIn()).toEqual([]);
  expect(findingsIn(match([]), match([]))).toHaveLength(2);
});
