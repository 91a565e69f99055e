import adapter from '@sveltejs/adapter-static'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [
    sveltekit({
      // One page for every path: what it shows is decided in the browser, from the API.
      adapter: adapter({ fallback: 'index.html' }),
      compilerOptions: { runes: true },
      // By the sources alone: the same ones build the same bytes.
      version: { name: process.env.SITE_VERSION ?? 'unknown' },
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['none'],
          'script-src': ['self'],
          'style-src': ['self'],
          // The one style attribute that SvelteKit writes itself: it hides what is read out on navigation.
          'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
          // Where originals are and live updates go differs from place to place; the server's own header narrows these.
          'img-src': ['self', 'data:', 'blob:', 'http:', 'https:'],
          'font-src': ['self'],
          'connect-src': ['self', 'http:', 'https:', 'ws:', 'wss:'],
          'base-uri': ['none'],
          'form-action': ['self'],
        },
      },
    }),
  ],
})
