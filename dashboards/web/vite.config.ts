import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const COLLECTOR = "http://127.0.0.1:8088";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    // nothing inline: the page's policy allows neither script nor data within it
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    target: "es2023",
  },
  // `npm run dev` beside a collector
  server: {
    proxy: {
      "/api/v1/live": { target: COLLECTOR.replace("http", "ws"), ws: true },
      "/api": COLLECTOR,
      "/login": COLLECTOR,
    },
  },
  test: { include: ["src/**/*.test.ts"] },
});
