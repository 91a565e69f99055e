/** Files in `tests/e2e` that run against everything that Glowworm is deployed to, and leave nothing but photos. */
export const blackBox: readonly string[] = [
  'duplicates.test.ts',
  'observability.test.ts',
  'pipeline.test.ts',
  'refusals.test.ts',
  'security/http-routes.test.ts',
  'security/live-socket.test.ts',
  'security/signing-in.test.ts',
]

/** Those that run against an emulator, and never against a stage in somebody's account; and why. */
export const emulatorsOnly: Readonly<Record<string, string>> = {
  'steering.test.ts': 'it changes the display sizes of the whole library, and takes up again all that failed',
}

/** Where an emulator is taken at less than its word, and why; AWS and the local cloud are not. */
export const lenientAtEmulators: Readonly<Record<string, string>> = {
  'tests/e2e/security/{http-routes,live-socket}.test.ts':
    'where the authoriser refuses with 401, a 500 in the words of the gateway passes, too: MiniStack answers so for ' +
    'each that throws, as ours does to refuse. One that crashes for those whom it has to refuse is not found here',
}

/** Files in `tests/endpoint`: run against an emulator alone. */
export const endpointOnly: Readonly<Record<string, string>> = {
  'uploaded-site.test.ts': 'it reads the bucket of the site, and compares it with what this checkout has built',
}

const itself = 'it is about the local cloud itself'
const pages = 'it is about pages, which are the same files wherever they lie'

/** Those that run against the local cloud alone, and why. */
export const localOnly: Readonly<Record<string, string>> = {
  'chaos.test.ts': 'it needs faults, which only the local cloud can make',
  'corpus.test.ts': 'what comes of each photo is decided by functions, and those are the same',
  'dev.test.ts': itself,
  'no-queue.test.ts': 'it needs faults, which only the local cloud can make',
  'restart.test.ts': itself,
  'upload-cli.test.ts': 'it needs the data folder of a local cloud',
  'security/answers.test.ts': 'it needs a CDN in front of the API',
  'security/local-cloud.test.ts': itself,
  'security/logs.test.ts': 'the logs of functions are in CloudWatch',
  'security/storage.test.ts': 'it tries signatures and rights, which emulators do not enforce',
  'site/accessibility.test.ts': pages,
  'site/activity.test.ts': pages,
  'site/gallery.test.ts': pages,
  'site/header.test.ts': pages,
  'site/image-page.test.ts': pages,
  'site/live.test.ts': pages,
  'site/selection.test.ts': pages,
  'site/session.test.ts': pages,
  'site/settings.test.ts': pages,
  'site/upload.test.ts': pages,
}
