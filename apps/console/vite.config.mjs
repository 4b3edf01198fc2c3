import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const generator = 'http://127.0.0.1:4000';

// The build goes where the generator serves it from. "npx vite apps/console" serves the sources to whoever works on them,
// with the API of a generator that runs on its usual port.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  cacheDir: fileURLToPath(new URL('../../dist/.vite', import.meta.url)),
  plugins: [react()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of its own: the security policy allows nothing inline.
    assetsInlineLimit: 0,
    // A page never waits for styles of its own, nor is without them; all of them are 10 kB as they are sent.
    cssCodeSplit: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1024,
  },
  server: { port: 4001, proxy: { '/v1': generator, '/health': generator, '/docs': generator } },
});
