import { defineConfig } from 'vite'

export default defineConfig({
  build: { target: 'es2022', sourcemap: true },
  clearScreen: false,
  // The propagator resolves it from the repository's node_modules, the page from the demo's.
  resolve: { dedupe: ['@opentelemetry/api'] },
})
