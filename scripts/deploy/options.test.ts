import { describe, expect, it } from 'vitest'
import { ownOptions } from '../../infra/config.ts'
import {
  readDeployOptions,
  readDestroyOptions,
  readE2eOptions,
  readTestEndpointOptions,
  wantedStacks,
} from './options.ts'

describe('the options of npm run deploy', () => {
  it('deploy everything to stage dev, on AWS, and ask first, unless they say otherwise', () => {
    const options = readDeployOptions([])
    expect(options).toEqual({
      stage: 'dev',
      endpoint: undefined,
      without: [],
      sharp: 'lambda',
      context: {},
      adminEmail: undefined,
      yes: false,
    })
    expect(options && wantedStacks(options)).toEqual(['storage', 'processing', 'api', 'site', 'monitoring'])
  })

  it('leave out stacks that nothing depends on', () => {
    const options = readDeployOptions(['--without', 'monitoring', '--without', 'site'])
    expect(options && wantedStacks(options)).toEqual(['storage', 'processing', 'api'])
  })

  it('build sharp for this machine where an endpoint runs the functions', () => {
    expect(readDeployOptions(['--sharp', 'host', '--endpoint', 'http://127.0.0.1:4566'])?.sharp).toBe('host')
  })

  it('pass options on to the app, with whatever is in their values', () => {
    const { context } = readDeployOptions(['-c', 'alarmEmail=a@b.org', '-c', 'uploadOrigins=https://a=b']) ?? {}
    expect(context).toEqual({ alarmEmail: 'a@b.org', uploadOrigins: 'https://a=b' })
  })

  it.each(ownOptions)('take %s of the app', (name) => {
    expect(readDeployOptions(['-c', `${name}=value`])?.context).toEqual({ [name]: 'value' })
  })

  it.each([
    [['--stage', 'production'], 'dev or prod, received production'],
    [['--without', 'storage'], 'site or monitoring, received storage'],
    [['--sharp', 'arm64'], 'host or lambda'],
    [['--sharp', 'host'], 'is for an --endpoint'],
    [['-c', 'alarmEmail'], 'NAME=VALUE'],
    [['-c', 'stage=prod'], 'Say --stage'],
    [['-c', 'endpoint=http://127.0.0.1:4566'], 'Say --endpoint'],
    [['-c', 'account=123456789012'], 'AWS_PROFILE'],
    [['-c', 'region=eu-west-1'], 'AWS_REGION'],
    [['-c', 'functions=/any/folder'], 'useQueue, edgeSecretVersion, received functions'],
    [['-c', 'layers=/any/folder'], 'received layers'],
    [['-c', 'alarmMail=ops@example.com'], 'received alarmMail'],
    [['-c', 'aws:cdk:disable-asset-staging=true'], 'NAME=VALUE'],
    [['--admin-email', 'me'], 'you@example.com'],
    [['--colour'], "Unknown option '--colour'"],
  ])('%j are refused, with the reason', (args, reason) => {
    expect(() => readDeployOptions(args)).toThrow(reason)
  })

  it('are null for help', () => {
    expect(readDeployOptions(['--help'])).toBeNull()
  })
})

describe('the options of npm run destroy', () => {
  it('keep what is stored, and ask first, unless they say otherwise', () => {
    const options = { stage: 'dev', endpoint: undefined, deleteOriginals: false, yes: false }
    expect(readDestroyOptions([])).toEqual(options)
    expect(readDestroyOptions(['--delete-originals', '-y'])).toEqual({ ...options, deleteOriginals: true, yes: true })
  })

  it('never delete the photos of prod unasked', () => {
    expect(() => readDestroyOptions(['--stage', 'prod', '--delete-originals', '--yes'])).toThrow('leave --yes out')
  })
})

describe('the options of npm run e2e', () => {
  it('test stage dev, on AWS, and ask first, unless they say otherwise', () => {
    expect(readE2eOptions([])).toEqual({ stage: 'dev', endpoint: undefined, yes: false, filters: [] })
    const endpoint = 'http://127.0.0.1:4566'
    const options = { stage: 'prod', endpoint, yes: true, filters: ['pipeline'] }
    expect(readE2eOptions(['--stage', 'prod', '--endpoint', endpoint, '--yes', 'pipeline'])).toEqual(options)
  })

  it('never test prod on AWS, not even when nothing is to be asked', () => {
    expect(() => readE2eOptions(['--stage', 'prod', '--yes'])).toThrow('prod on AWS')
  })
})

describe('the options of npm run test:endpoint', () => {
  it('test everything, and leave nothing, unless they say otherwise', () => {
    expect(readTestEndpointOptions([])).toEqual({ keep: false, filters: [] })
    expect(readTestEndpointOptions(['pipeline', '--keep'])).toEqual({ keep: true, filters: ['pipeline'] })
  })

  it('are null for help, and refused if there is no such option', () => {
    expect(readTestEndpointOptions(['--help'])).toBeNull()
    expect(() => readTestEndpointOptions(['--colour'])).toThrow("Unknown option '--colour'")
  })
})
