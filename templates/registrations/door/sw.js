{# Needs: told (cache, shell, files, decoder), as JSON #}// Opens the door page without a network: the page and its files, never a name.
const { cache: CACHE, shell: SHELL, files: FILES, decoder: DECODER } = {{ told }};
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
  else if (url.pathname === DECODER) event.respondWith(kept(request, request, true));
});

// With `keep` from when it is first asked for.
async function kept(what, request, keep = false) {
  const cache = await caches.open(CACHE), had = await cache.match(what, { ignoreVary: true });
  if (had) return had;
  const answer = await fetch(request);
  if (keep && answer.ok) await cache.put(request, answer.clone());
  return answer;
}
