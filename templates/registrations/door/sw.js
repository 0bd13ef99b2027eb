{# Needs: told (cache, shell, files), as JSON #}// Opens the door page without a network: the page and its files, never a name.
const { cache: CACHE, shell: SHELL, files: FILES } = {{ told }};
const SCOPE = new URL(self.registration.scope).pathname;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([new Request(SHELL, { cache: "reload" }), ...FILES]);
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys())
      if (name.startsWith(SCOPE) && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  // With ?q= it is the server that searches, for instance to log in again. Below pas/ starts an
  // icon on a home screen.
  const door = url.pathname === SCOPE || url.pathname.startsWith(`${SCOPE}pas/`);
  const page = request.mode === "navigate" && door && !url.searchParams.has("q");
  if (page || FILES.includes(url.pathname)) event.respondWith(kept(page ? SHELL : request, request));
});

async function kept(what, request) {
  const cache = await caches.open(CACHE);
  return await cache.match(what, { ignoreVary: true }) ?? fetch(request);
}
