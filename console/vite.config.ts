import { defineConfig } from "vite";

const GATEWAY = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/console/",
  build: {
    outDir: "../src/routergate/console/assets",
    emptyOutDir: true,
    assetsDir: "static",
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    // Preact and uPlot are MIT: their notices go with the copies of them.
    license: { fileName: "licences.md" },
    modulePreload: { polyfill: false },
    target: ["chrome123", "firefox121", "safari17.5"],
  },
  // `npm run dev` serves the sources, and asks a gateway on this machine.
  server: { proxy: { "/admin": GATEWAY, "/v1": GATEWAY } },
});
