import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Service {
  readonly image: string
  readonly profiles?: readonly string[]
  readonly ports: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  readonly networks: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
}

const text = readFileSync(join(import.meta.dirname, '..', 'localstack-compose.yml'), 'utf8')
const compose: { services: Record<string, Service>; networks: object; volumes: object } = parse(text)
const services = Object.entries(compose.services)

describe('the emulators of localstack-compose.yml', () => {
  it('are LocalStack, and by profile Floci and MiniStack', () => {
    expect(services.map(([name, { profiles }]) => [name, profiles])).toEqual([
      ['localstack', undefined],
      ['floci', ['floci']],
      ['ministack', ['ministack']],
    ])
  })

  it.each(services)('%s can be reached from this machine only', (_name, { ports }) => {
    expect(ports).toEqual(['127.0.0.1:4566:4566'])
  })

  it.each(services)('%s runs functions in the network that it is in itself', (_name, { environment, networks }) => {
    expect(networks).toEqual(['emulator'])
    expect(Object.values(environment)).toContain('glowworm-emulator')
  })

  it.each(services)('%s keeps its data in a volume of its own', (name, { volumes }) => {
    expect(volumes).toEqual([expect.stringMatching(`^${name}:/`), '/var/run/docker.sock:/var/run/docker.sock'])
  })

  it('tell when they are ready; Floci does so by its image', () => {
    const checked = services.filter(([, { healthcheck }]) => healthcheck !== undefined)
    expect(checked.map(([name]) => name)).toEqual(['localstack', 'ministack'])
  })

  it('declare each volume and network that they name', () => {
    expect(Object.keys(compose.volumes)).toEqual(services.map(([name]) => name))
    expect(Object.keys(compose.networks)).toEqual(['emulator'])
  })

  it('hold no token: LocalStack has it from the environment', () => {
    expect(compose.services.localstack?.environment.LOCALSTACK_AUTH_TOKEN).toBe(`\${LOCALSTACK_AUTH_TOKEN:-}`)
  })
})
