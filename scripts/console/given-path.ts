import { resolve } from 'node:path'

/**
 * The absolute path of what a person named on the command line. npm changes to the folder of the package before it runs
 * a script, and says in INIT_CWD where the person was.
 */
export function givenPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path)
}
