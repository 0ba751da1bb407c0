import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { serviceWorker } from "./build/service-worker.ts";

export default defineConfig({
  base: "/dashboard/",
  plugins: [react(), serviceWorker("src/worker/sw.ts")],
  build: {
    assetsInlineLimit: 0, // the page's policy lets nothing in that stands in a URL
    modulePreload: { polyfill: false }, // an inline script, which the policy refuses
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/v1": { target: process.env.SUNGAZE_URL ?? "http://127.0.0.1:8080", secure: false } },
  },
});
