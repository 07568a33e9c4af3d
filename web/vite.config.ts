import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// For `npm run dev`: where a running daemon answers. Its certificate is the generated one.
const daemon = process.env.RINGFORT_URL ?? 'https://localhost:8443';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: process.env.RINGFORT_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    // Data URIs would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    cssTarget: 'chrome123',
  },
  server: { proxy: { '/api': { target: daemon, secure: false } } },
});
