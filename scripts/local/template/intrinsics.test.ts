import { describe, expect, it } from 'vitest'
import type { Stack, Template } from './assembly.ts'
import { holds, type References, resolve } from './intrinsics.ts'

const references: References = {
  ref: (_stack, logicalId) => `ref-of-${logicalId}`,
  attribute: (_stack, logicalId, name) => `${name}-of-${logicalId}`,
  importValue: (exportName) => `import-of-${exportName}`,
}

function stack(template: Partial<Template> = {}): Stack {
  return {
    name: 'Glowworm-Storage',
    template: { Resources: {}, Parameters: {}, Conditions: {}, Mappings: {}, Outputs: {}, ...template },
  }
}

const evaluate = (value: unknown, template?: Partial<Template>) => resolve(value, stack(template), references)

describe('resolve', () => {
  it.each([
    ['Ref', { Ref: 'Images' }, 'ref-of-Images'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Images', 'Arn'] }, 'Arn-of-Images'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Images.Arn' }, 'Arn-of-Images'],
    ['Fn::ImportValue', { 'Fn::ImportValue': 'Storage:Images' }, 'import-of-Storage:Images'],
    ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'B' }]] }, 'a/ref-of-B'],
    ['Fn::Split and Fn::Select', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    ['Fn::Select by a number in text', { 'Fn::Select': ['0', ['a', 'b']] }, 'a'],
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
    ['Fn::Sub', { 'Fn::Sub': '${AWS::Region}-${Images}-${Images.Arn}' }, 'us-east-1-ref-of-Images-Arn-of-Images'],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${x}-${y}', { x: { Ref: 'X' }, y: 1 }] }, 'ref-of-X-1'],
    ['the escape of Fn::Sub', { 'Fn::Sub': '${!Literal}' }, '${Literal}'],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
    ['the region', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['the account', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['the partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['the URL suffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['the stack', { Ref: 'AWS::StackName' }, 'Glowworm-Storage'],
  ])('knows %s', (_name, value, expected) => {
    expect(evaluate(value)).toBe(expected)
  })

  it('reaches into lists and objects and leaves other values alone', () => {
    expect(evaluate({ a: [{ Ref: 'A' }, 2, true, null], b: { c: 'text' } })).toEqual({
      a: ['ref-of-A', 2, true, null],
      b: { c: 'text' },
    })
  })

  it('takes away what has no value, from objects and lists', () => {
    const none = { Ref: 'AWS::NoValue' }
    expect(evaluate({ a: none, b: ['x', none], c: { 'Fn::If': ['Never', 1, none] } }, never)).toEqual({ b: ['x'] })
    expect(evaluate(none)).toBeUndefined()
  })

  it('follows conditions', () => {
    expect(evaluate({ 'Fn::If': ['Never', 'then', { Ref: 'Else' }] }, never)).toBe('ref-of-Else')
  })

  it('finds in maps', () => {
    const template = { Mappings: { Sizes: { 'us-east-1': { worker: 3008 } } } }
    expect(evaluate({ 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'worker'] }, template)).toBe(3008)
  })

  it('gives parameters their default', () => {
    const Parameters = { Stage: { Type: 'String', Default: 'dev' }, Secret: { Type: 'String', Default: undefined } }
    expect(evaluate({ Ref: 'Stage' }, { Parameters })).toBe('dev')
    expect(() => evaluate({ Ref: 'Secret' }, { Parameters })).toThrow('Secret has no default')
  })

  it('leaves the condition of a policy statement alone', () => {
    expect(evaluate({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })).toEqual({
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    })
  })

  it('refuses what it does not know', () => {
    expect(() => evaluate({ 'Fn::Cidr': ['10.0.0.0/16', 1, 8] })).toThrow('Fn::Cidr is not known')
    expect(() => evaluate({ 'Fn::Select': [7, ['a']] })).toThrow('no item 7')
  })
})

const never = { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } }

describe('a reference to a secret', () => {
  const reference = (arn: unknown, rest = ':SecretString:::}}') => ({
    header: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', arn, rest]] },
  })

  it('stands for the same value wherever it is made', () => {
    const value = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(evaluate(reference('arn:a'))).toEqual({ header: value })
    expect(evaluate(reference({ 'Fn::Select': [0, ['arn:a']] }))).toEqual(evaluate(reference('arn:a')))
    expect(evaluate(reference('arn:b'))).not.toEqual(evaluate(reference('arn:a')))
  })

  it.each([
    ['a part of a secret', reference('arn:a', ':SecretString:password::}}')],
    ['a parameter', '{{resolve:ssm:/name:1}}'],
  ])('is refused if it is to %s', (_what, value) => {
    expect(() => evaluate(value)).toThrow('is not known here')
  })
})

describe('holds', () => {
  const Conditions = {
    Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Either: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
  }

  it.each([
    ['Yes', true],
    ['No', false],
    ['Both', false],
    ['Either', true],
  ])('%s is %s', (condition, expected) => {
    expect(holds(condition, stack({ Conditions }), references)).toBe(expected)
  })

  it('refuses a condition that nobody declares', () => {
    expect(() => holds('Maybe', stack(), references)).toThrow('no condition Maybe')
  })
})
