import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { aCompute, aFunction, call, eventually, temporaryFolder, writeFiles } from './testing/compute-fixture.ts'

describe('an invocation', () => {
  it('runs the handler with the event and the context of Lambda', async () => {
    const code = `export const handler = async (event, context) => ({
      event, context, left: context.getRemainingTimeInMillis() })`
    const { compute } = await aCompute({ functions: [aFunction(code, { timeoutSeconds: 7 })] })
    const { functionError, requestId, value } = await call(compute, { name: 'photo' })
    expect(functionError).toBeNull()
    expect(value.event).toEqual({ name: 'photo' })
    expect(value.left).toBeGreaterThan(0)
    expect(value.left).toBeLessThanOrEqual(7000)
    expect(value.context).toMatchObject({
      functionName: 'subject',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:subject',
      memoryLimitInMB: '256',
      awsRequestId: requestId,
      logGroupName: '/aws/lambda/subject',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    })
  })

  it('finds the function by name or ARN and says which ones there are otherwise', async () => {
    const model = aFunction(`export const handler = async () => 'here'`)
    const { compute } = await aCompute({ functions: [model] })
    expect((await call(compute, {}, model.arn)).value).toBe('here')
    await expect(compute.invoke('other', '{}', 'RequestResponse')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      statusCode: 404,
      message: expect.stringContaining('subject'),
    })
  })

  it('lives at the time that it is told, from one invocation to the next', async () => {
    let clockAheadMs = 0
    const code = `export const handler = async (event, context) => ({
      now: Date.now(), made: new Date().getTime(), text: Date.parse(Date()), given: new Date(5).getTime(),
      isDate: new Date() instanceof Date, left: context.getRemainingTimeInMillis() })`
    const { compute } = await aCompute({ functions: [aFunction(code)] }, { clockAheadMs: () => clockAheadMs })
    for (const hours of [0, 25, 0]) {
      clockAheadMs = hours * 3_600_000
      const { value } = await call(compute)
      const expected = Date.now() + clockAheadMs
      for (const seen of [value.now, value.made, value.text]) expect(Math.abs(seen - expected)).toBeLessThan(60_000)
      expect(value).toMatchObject({ given: 5, isDate: true })
      expect(value.left).toBeLessThanOrEqual(20_000)
      expect(value.left).toBeGreaterThan(0)
    }
  })

  it('shows the function its own environment and nothing of the parent', async () => {
    vi.stubEnv('SECRET_OF_THE_PARENT', 'x')
    const code = 'export const handler = async () => ({ env: process.env, cwd: process.cwd(), argv: process.execArgv })'
    const model = aFunction(code, { environment: { IMAGES_TABLE: 'images', AWS_REGION: 'eu-west-1' } })
    const { compute } = await aCompute({ functions: [model] }, { awsEndpoint: 'http://127.0.0.1:4566' })
    const { value } = await call(compute)
    expect(value.env).toMatchObject({
      IMAGES_TABLE: 'images',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local-secret',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_LAMBDA_FUNCTION_NAME: 'subject',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      TZ: 'UTC',
      LAMBDA_TASK_ROOT: model.codeDirectory,
      _HANDLER: 'index.handler',
    })
    const foreign = Object.keys(value.env).filter(
      (name) =>
        !/^(AWS_.*|LAMBDA_TASK_ROOT|_HANDLER|_X_AMZN_TRACE_ID|TZ|LANG|NODE_PATH|IMAGES_TABLE|PATH|HOME|TMPDIR|LD_.*)$/.test(
          name,
        ),
    )
    expect(foreign).toEqual([])
    expect(value.cwd).toBe(model.codeDirectory)
    expect(value.argv).toContain('--max-old-space-size=230')
  })

  it('answers null for nothing, and {} stands for an empty payload', async () => {
    const { compute } = await aCompute({ functions: [aFunction('export const handler = async (event) => event.echo')] })
    expect(await compute.invoke('subject', '', 'RequestResponse')).toMatchObject({ statusCode: 200, payload: 'null' })
  })

  it('answers what the handler throws as Lambda does', async () => {
    const code = `class NoSuchPhoto extends Error { name = 'NoSuchPhoto' }
      export const handler = async ({ what }) => { throw what === 'error' ? new NoSuchPhoto('gone') : what }`
    const { compute, log } = await aCompute({ functions: [aFunction(code)] })
    expect(await call(compute, { what: 'error' })).toMatchObject({
      functionError: 'Unhandled',
      value: {
        errorType: 'NoSuchPhoto',
        errorMessage: 'gone',
        trace: expect.arrayContaining(['NoSuchPhoto: gone']),
      },
    })
    expect(await call(compute, { what: 'text' })).toMatchObject({
      functionError: 'Unhandled',
      value: { errorType: 'string', errorMessage: 'text' },
    })
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 2, errors: 2, crashes: 0, coldStarts: 1 } })
    await eventually(() => expect(log('subject')).toContain('"errorType":"NoSuchPhoto"'))
  })

  it.each([
    ['Runtime.UserCodeSyntaxError', 'export const handler =', 'index.handler'],
    ['Runtime.ImportModuleError', `import 'not-bundled'; export const handler = async () => 1`, 'index.handler'],
    ['Runtime.ImportModuleError', 'export const handler = async () => 1', 'main.handler'],
    ['Runtime.HandlerNotFound', 'export const run = async () => 1', 'index.handler'],
    ['Runtime.CallbackHandlerDeprecated', 'export const handler = (event, context, done) => done()', 'index.handler'],
    ['RangeError', `throw new RangeError('no table')`, 'index.handler'],
  ])('answers %s when the function cannot be loaded: %s, %s', async (errorType, code, handler) => {
    const { compute } = await aCompute({ functions: [aFunction(code, { handler })] })
    expect(await call(compute)).toMatchObject({ functionError: 'Unhandled', value: { errorType } })
  })

  it('refuses a payload that is too large or no JSON', async () => {
    const { compute } = await aCompute({
      functions: [aFunction('export const handler = async (event) => event.length')],
    })
    const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
    const megabyte = 1024 * 1024
    expect((await compute.invoke('subject', text(6 * megabyte), 'RequestResponse')).payload).toBe(`${6 * megabyte - 2}`)
    const tooLarge = { name: 'RequestTooLargeException', statusCode: 413 }
    await expect(compute.invoke('subject', text(6 * megabyte + 1), 'RequestResponse')).rejects.toMatchObject(tooLarge)
    await expect(compute.invoke('subject', text(megabyte + 1), 'Event')).rejects.toMatchObject(tooLarge)
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 1 } })
    const notJson = { name: 'InvalidRequestContentException', statusCode: 400 }
    await expect(compute.invoke('subject', '{', 'Event')).rejects.toMatchObject(notJson)
    await expect(compute.invoke('subject', '{', 'RequestResponse')).rejects.toMatchObject(notJson)
  })

  it('refuses an answer that is too large, or cannot be written as JSON', async () => {
    const code = `export const handler = async ({ bytes }) => bytes === undefined ? { self: 1n } : 'x'.repeat(bytes - 2)`
    const { compute } = await aCompute({ functions: [aFunction(code)] })
    const limit = 6 * 1024 * 1024 + 100
    expect(await call(compute, { bytes: limit })).toMatchObject({ functionError: null })
    expect(await call(compute, { bytes: limit + 1 })).toMatchObject({
      functionError: 'Unhandled',
      value: { errorType: 'Function.ResponseSizeTooLarge' },
    })
    expect(await call(compute, {})).toMatchObject({ value: { errorType: 'Runtime.JSONStringifyError' } })
  })

  it('finds packages in layers, by import and by require, and none in the folders above', async () => {
    const layer = temporaryFolder()
    writeFiles(join(layer, 'nodejs/node_modules'), {
      'pixels/package.json': '{"exports":{"import":"./esm.mjs","require":"./cjs.cjs"}}',
      'pixels/esm.mjs': `import { createRequire } from 'node:module'
        export const how = 'imported'; export const other = createRequire(import.meta.url)('pixels').how`,
      'pixels/cjs.cjs': `exports.how = 'required with ' + require('codec').name`,
      'codec/package.json': '{}',
      'codec/index.js': `exports.name = 'codec'`,
    })
    const code = `import { how, other } from 'pixels'
      export const handler = async ({ load }) => load ? import(load) : { how, other }`
    const model = aFunction(code, { layerDirectories: [layer] })
    writeFiles(model.codeDirectory, { '../node_modules/glowworm-stray/index.js': 'export default 1' })
    const { compute } = await aCompute({ functions: [model] })
    expect((await call(compute)).value).toEqual({ how: 'imported', other: 'required with codec' })
    expect((await call(compute, { load: 'glowworm-stray' })).value).toMatchObject({
      errorMessage: expect.stringContaining('neither in the function'),
    })
  })

  it('logs START, output, END and REPORT in this order', async () => {
    const code = `export const handler = async () => { console.log('working'); console.error('trouble') }`
    const { compute, log } = await aCompute({ functions: [aFunction(code)] })
    const { requestId } = await call(compute)
    await eventually(() => expect(log('subject')).toContain('REPORT'))
    const lines = log('subject').split('\n')
    expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`)
    expect(lines.slice(1, 3).sort()).toEqual(['trouble', 'working'])
    expect(lines[3]).toBe(`END RequestId: ${requestId}`)
    expect(lines[4]).toMatch(
      /^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$/,
    )
  })

  it('runs new code after replaceCode', async () => {
    const model = aFunction(`export const handler = async () => 'old'`)
    const { compute } = await aCompute({ functions: [model] })
    await call(compute)
    writeFileSync(join(model.codeDirectory, 'index.mjs'), `export const handler = async () => 'new'`)
    expect((await call(compute)).value).toBe('old')
    compute.replaceCode('subject')
    expect((await call(compute)).value).toBe('new')
  })
})
