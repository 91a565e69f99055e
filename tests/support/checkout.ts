import { cp, mkdir, readdir, realpath, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const workspaces = ['events', 'functions', 'infra', 'web']
const others = ['scripts', 'package.json', 'package-lock.json', 'cdk.json', 'tsconfig.json', 'build/layers']
const generated = new Set(['node_modules', '.svelte-kit'])

/** A copy of the sources that can be edited and run. It has the packages of this checkout, and its own workspaces. */
export async function copyCheckout(to: string): Promise<void> {
  for (const entry of [...workspaces, ...others]) {
    await cp(join(root, entry), join(to, entry), {
      recursive: true,
      filter: (source) => !generated.has(basename(source)) && source !== join(root, 'web', 'build'),
    })
  }
  for (const place of ['.', ...workspaces])
    await linkPackages(join(root, place, 'node_modules'), join(to, place, 'node_modules'))
  for (const name of workspaces) await link(join(to, name), join(to, 'node_modules', '@glowworm', name))
}

/** Every package by itself, so that those of this checkout can be left out. */
async function linkPackages(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from).catch(() => [])) {
    if (entry === '@glowworm') continue
    if (!entry.startsWith('@')) await link(await realpath(join(from, entry)), join(to, entry))
    else for (const name of await readdir(join(from, entry))) await link(join(from, entry, name), join(to, entry, name))
  }
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await symlink(target, path)
}
