import type { Attachment } from 'svelte/attachments'
import { browsing } from './browsing.svelte.ts'

/** For what is focused on a photo: it takes the focus when the photo is to have it. */
export function takesFocus(id: string): Attachment<HTMLElement> {
  return (element) => {
    if (browsing.focusing !== id) return
    browsing.focusing = null
    element.focus()
  }
}
