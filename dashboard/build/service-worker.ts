/** Builds the service worker after the page, with the list of the files that the page is made of. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build, type Plugin } from "vite";

const NAME = "sw.js";

export function serviceWorker(source: string): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    async writeBundle({ dir }) {
      if (dir) await buildWorker(source, dir);
    },
  };
}

async function buildWorker(source: string, dir: string): Promise<void> {
  const paths = pathsIn(dir);
  const version = createHash("sha256");
  for (const path of paths) version.update(path).update(readFileSync(join(dir, path)));
  // The page is asked for under its folder's name.
  const files = paths.map((path) => (path === "index.html" ? "" : path));
  await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(version.digest("hex").slice(0, 12)) },
    build: {
      outDir: dir,
      emptyOutDir: false,
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: { input: source, output: { format: "iife", entryFileNames: NAME } },
    },
  });
}

function pathsIn(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join("/"));
  return paths.filter((path) => path !== NAME).sort();
}
