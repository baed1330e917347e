// Python in a worker: fetched with the first answer, kept in the browser's cache for all pages.
import { loadPyodide } from "./pyodide.mjs";

const HOME = new URL("./", import.meta.url).href;
let version, sizes, total;
let loaded = 0;

// Every large file is stored compressed, so that it is as small from any server.
const plainFetch = globalThis.fetch;

async function compressed(name) {
  const url = `${HOME}${name}.gz?${version}`;
  let cache = null;
  try {
    cache = await caches.open(`policy-gradient-book-${version}`);
  } catch { /* no cache in this browser or window */ }
  let response = await cache?.match(url);
  if (!response) {
    response = await plainFetch.call(globalThis, url);
    if (!response.ok) throw new Error(`${name} is missing`);
    await cache?.put(url, response.clone());
  }
  const counted = response.body.pipeThrough(new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      postMessage({ progress: Math.min(1, loaded / total) });
      controller.enqueue(chunk);
    },
  }));
  return new Response(counted.pipeThrough(new DecompressionStream("gzip")), {
    headers: { "Content-Type": name.endsWith(".wasm") ? "application/wasm" : "application/zip" },
  });
}

globalThis.fetch = (resource, options) => {
  const name = String(resource.url ?? resource).replace(HOME, "");
  return name in sizes ? compressed(name) : plainFetch.call(globalThis, resource, options);
};

async function forgetOldVersions() {
  for (const name of await caches.keys()) {
    if (name.startsWith("policy-gradient-book-") && !name.endsWith(version)) await caches.delete(name);
  }
}

async function start() {
  const contents = await plainFetch.call(globalThis, `${HOME}contents.json`, { cache: "no-cache" });
  ({ version, sizes } = await contents.json());
  total = Object.values(sizes).reduce((a, b) => a + b, 0);
  const [python, library] = await Promise.all([
    loadPyodide({ indexURL: HOME, stdLibURL: `${HOME}python_stdlib.zip` }),
    compressed("book.zip").then((response) => response.arrayBuffer()),
  ]);
  python.FS.writeFile("/lib/book.zip", new Uint8Array(library));
  python.runPython("import sys\nsys.path.insert(0, '/lib/book.zip')");
  forgetOldVersions().catch(() => {});
  return python.pyimport("utils.exercises.typed").reply_in_json;
}

const ready = start();
ready.catch((problem) => postMessage({ failed: String(problem) }));

onmessage = async ({ data }) => {
  const reply = await ready;
  postMessage({ computing: true });
  postMessage({ reply: JSON.parse(reply(data.exercise, JSON.stringify(data.tree))) });
};
